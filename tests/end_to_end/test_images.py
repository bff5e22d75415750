"""Images as people have them: folders of classes and splits, or a table of paths; of any size, some of them turned."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import yaml
from click.testing import CliRunner
from PIL import Image

import pipeline
from components.model_store.serving import versions
from pipeline.__main__ import main as command
from tests.components.formats.pictures import EXIF_ORIENTATION
from tests.conftest import Finished, run_local
from tests.end_to_end.predicting import by_serving

pytestmark = pytest.mark.slow

STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera stores an upright image, by the orientation that its EXIF data says."""


def photo(file: Path, kind: str, seed: int) -> None:
    """A noisy image that is bright at the top or at the bottom once it is upright."""
    chance = np.random.default_rng(seed)
    height, width = chance.integers(12, 40, 2)
    shades = np.linspace(*((200, 60) if kind == "top" else (60, 200)), height)[:, None]
    noisy = np.clip(shades + chance.normal(0, 20, (height, width)), 0, 255).astype(np.uint8)
    image = Image.fromarray(noisy).convert("L" if seed % 5 == 0 else "RGB")
    orientation = 1 + seed % 8
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    stored = image if orientation == 1 else image.transpose(STORED[orientation])
    file.parent.mkdir(parents=True, exist_ok=True)
    stored.save(file, exif=exif)


def photos(folder: Path) -> None:
    """Splits above classes: 96 images to train on, 48 each to validate and to test."""
    for split, count, first in (("train", 48, 0), ("validation", 24, 1000), ("test", 24, 2000)):
        for seed in range(first, first + count):
            for kind in ("top", "bottom"):
                suffix = ".png" if seed % 3 else ".JPG"
                photo(
                    folder / split / kind / f"{seed}{suffix}", kind, seed + (10_000 if kind == "top" else 0)
                )


class Trained:
    """A model of images in folders."""

    def __init__(self, folder: Path) -> None:
        self.data, self.workspace = folder / "photos", folder / "workspace"
        photos(self.data)
        self.config = configured(folder, self.data)
        self.finished = run_local("--config", self.config, "--workspace", self.workspace, "--no-tune")

    @property
    def path(self) -> Path:
        return newest(self.workspace)

    @property
    def files(self) -> list[Path]:
        return sorted(file for file in (self.data / "test").glob("*/*"))


def configured(folder: Path, data: Path, **section: object) -> Path:
    """What `init` writes for the data, with few epochs."""
    config = folder / f"{data.stem}.yaml"
    written = invoke("init", "--data", data, "--label", "kind", "--output", config)
    assert written.exit_code == 0, written.output
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["data"] |= section
    document["training"] |= {"epochs": 12, "batch_size": 16}
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    return config


def invoke(*arguments: object):
    return CliRunner().invoke(command, list(map(str, arguments)))


def newest(workspace: Path) -> Path:
    return workspace / "serving" / str(versions(workspace / "serving")[-1])


def predicted(trained: Trained, rows: Path, output: Path) -> pd.DataFrame:
    done = invoke("predict", "--input", rows, "--output", output, "--model", trained.path)
    assert done.exit_code == 0, done.output
    return pd.read_parquet(output)


def accuracy(finished: Finished) -> float:
    return float(re.search(r"^Test accuracy +([\d.]+)", finished.stdout, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Trained:
    made = Trained(tmp_path_factory.mktemp("images"))
    assert made.finished.code == 0, made.finished.stdout + made.finished.stderr
    return made


@pytest.fixture(scope="module")
def expected(trained, tmp_path_factory) -> pd.DataFrame:
    """The predictions of a folder of images."""
    return predicted(trained, trained.data / "test", tmp_path_factory.mktemp("out") / "folder.parquet")


def test_folders_are_splits_and_classes(trained, expected):
    said = trained.finished.stdout + trained.finished.stderr
    assert "192 examples: train 96, eval 48, test 48" in said
    assert "data.split: the splits are those of your files: train train/bottom/0.JPG and 95 more" in said
    # As many are upright as of any other orientation, and what is bright at the top depends on it.
    assert "168 images are turned upright, as the EXIF data says" in said
    assert accuracy(trained.finished) >= 0.9
    assert [*expected["image"]] == [str(file.relative_to(trained.data / "test")) for file in trained.files]
    assert np.mean(expected["prediction"] == [file.parent.name for file in trained.files]) >= 0.9


def test_the_report_shows_images_as_such(trained):
    (report,) = (trained.workspace / "reports").iterdir()
    text = report.read_text(encoding="utf-8")
    assert "bytes, such as images" in text
    assert "__BYTES_VALUE__" not in text
    assert "Nothing stands out" in text


def test_new_images_are_read_alike_in_every_form(trained, expected, tmp_path):
    probabilities = expected[["probability_bottom", "probability_top"]].to_numpy()
    table = trained.data / "rows.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        rows = [(str(file.relative_to(trained.data)), place) for place, file in enumerate(trained.files)]
        csv.writer(stream).writerows([("image", "number"), *rows])
    of_table = predicted(trained, table, tmp_path / "table.parquet")
    table.unlink()
    contents = [file.read_bytes() for file in trained.files]
    answer = pipeline.load_model(trained.path).predict([{"image": each} for each in contents])
    found = {
        "a table of paths": of_table[["probability_bottom", "probability_top"]].to_numpy(),
        "Python": answer.probabilities,
        "serving": by_serving(trained.path, "rows", {"image": contents})["probabilities"],
    }
    for form, answers in found.items():
        np.testing.assert_allclose(answers, probabilities, rtol=0, atol=1e-6, err_msg=form)


def test_the_answer_depends_on_what_is_seen_and_not_on_how_it_is_stored(trained, tmp_path):
    image = Image.fromarray(np.tile(np.linspace(200, 60, 24)[:, None], (1, 30)).astype(np.uint8))
    contents = []
    for orientation, how in STORED.items():
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        (image if how is None else image.transpose(how)).save(tmp_path / "a.png", exif=exif)
        contents.append((tmp_path / "a.png").read_bytes())
    model = tf.saved_model.load(str(trained.path))
    (argument,) = model.signatures["rows"].structured_input_signature[1]
    answers = model.signatures["rows"](**{argument: tf.constant(contents)})
    assert {each.decode() for each in answers["prediction"].numpy()} == {"top"}
    np.testing.assert_allclose(
        answers["probabilities"], answers["probabilities"][:1].numpy().repeat(8, axis=0)
    )


def test_a_table_of_paths_is_trained_on_in_the_shape_that_is_asked_for(trained, tmp_path):
    table = trained.data / "table.csv"
    files = sorted((trained.data / "train").glob("*/*")) + trained.files
    with table.open("w", newline="", encoding="utf-8") as stream:
        rows = [(str(file.relative_to(trained.data)), file.parent.name) for file in files]
        csv.writer(stream).writerows([("photo", "kind"), *rows])
    config = configured(tmp_path, table, shapes={"photo": [12, 10, 1]})
    finished = run_local("--config", config, "--workspace", tmp_path / "workspace", "--no-tune")
    table.unlink()
    assert finished.code == 0, finished.stdout + finished.stderr
    assert accuracy(finished) >= 0.8
    assert "are resized to 12 x 10" in finished.stdout + finished.stderr
    model = pipeline.load_model(newest(tmp_path / "workspace"))
    assert model.predict({"photo": trained.files[0].read_bytes()}).prediction in ("top", "bottom")


def test_a_damaged_image_is_refused_before_anything_runs(trained, tmp_path):
    whole = trained.files[0].read_bytes()
    damaged = trained.data / "train" / "top" / "damaged.jpg"
    damaged.write_bytes(whole[: len(whole) // 2])
    finished = run_local("--config", trained.config, "--workspace", tmp_path / "workspace")
    damaged.unlink()
    assert finished.code == 2
    assert re.fullmatch(
        r"\S*data.path: \S+train/top/damaged.jpg: the image is damaged: .*\n", finished.stderr
    )
    assert not (tmp_path / "workspace").exists()
