"""The same rows in every form have the same predictions, which are those of the model as it was trained."""

import datetime
import json
import random
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
import yaml
from click.testing import CliRunner
from PIL import Image
from tensorflow_transform import TFTransformOutput

import pipeline
from components import shards
from components.learning.calibration import calibrated
from components.model_store import model_files
from components.model_store.serving import versions
from pipeline.__main__ import main as command
from tests.conftest import run_local

pytestmark = pytest.mark.slow

ROWS = 240
WORDS = [
    "red",
    "green",
    "blue",
    "slow",
    "fast",
    "broken",
    "shiny",
    "heavy",
    "light",
    "old",
    "new",
    "good",
    "bad",
    "loud",
    "silent",
    "round",
]
HOURS = [datetime.timedelta(hours=7 * row, minutes=row) for row in range(ROWS)]
START = datetime.datetime(2023, 1, 1)


def typed() -> pd.DataFrame:
    """The table with the types that its columns have."""
    chance = random.Random(0)
    rows = range(ROWS)
    return pd.DataFrame(
        {
            "key": [f"key {row}" for row in rows],
            "sold": [(START + HOURS[row]).date() if row % 11 else None for row in rows],
            "at": pd.to_datetime([START + hours for hours in HOURS]).tz_localize("UTC"),
            "note": [" ".join(chance.choices(WORDS, k=chance.randrange(4, 8))) for _ in rows],
            "tags": [chance.sample(["a", "b", "c d", "e"], chance.randrange(4)) for _ in rows],
            "price": [chance.randrange(300_000) / 100 for _ in rows],
            "share": [chance.randrange(1000) / 10 for _ in rows],
            "size": pd.array([chance.choice([None, *range(9)]) for _ in rows], "Int64"),
            "member": [chance.random() < 0.5 for _ in rows],
            "zip": [f"0{chance.randrange(1000, 1020)}" for _ in rows],
            "ratio": [chance.choice([np.nan, chance.random()]) for _ in rows],
            "colour": pd.Categorical([chance.choice([None, "red", "green"]) for _ in rows]),
            "photo": [f"images/{row % 4}.png" for row in rows],
        }
    )


def written(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as people write it."""

    def german(number: float, digits: int) -> str:
        return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))

    text = frame.astype(object).where(frame.notna(), "")
    text["sold"] = [day and f"{day:%d.%m.%Y}" for day in text["sold"]]
    text["at"] = [moment.tz_convert("+02:00").isoformat() for moment in frame["at"]]
    text["tags"] = ["|".join(tags) for tags in frame["tags"]]
    text["price"] = [f"{german(price, 2)} €" for price in frame["price"]]
    text["share"] = [f"{german(share, 1)} %" for share in frame["share"]]
    text["size"] = ["NA" if pd.isna(size) else str(size) for size in frame["size"]]
    text["member"] = [str(member).lower() for member in frame["member"]]
    text["ratio"] = text["ratio"].map(str)
    return text


class Trained:
    """A table in a folder, and the model that was trained on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workspace = folder, folder / "workspace"
        self.config, self.data = folder / "config.yaml", folder / "data"
        (self.data / "images").mkdir(parents=True)
        for place, mode in enumerate(["RGB", "L", "RGBA", "P"]):
            shade = Image.new("L", (8 + place, 6), 60 * place)
            shade.convert(mode).save(self.data / f"images/{place}.png")
        self.typed = typed()
        label = pd.DataFrame({"outcome": np.where(self.typed["price"] > 1500, "high", "low")})
        self.written = written(self.typed)
        pd.concat([self.written, label], axis=1).to_csv(self.data / "rows.csv", index=False)
        self.finished = self.run()

    def run(self):
        training = {"learning_rate": {"family": "constant", "peak": 0.05}, "epochs": 6}
        document = {
            "name": "agreement",
            "data": {"path": str(self.data), "label": "outcome"},
            "training": training,
        }
        self.config.write_text(yaml.safe_dump(document), encoding="utf-8")
        return run_local("--config", self.config, "--workspace", self.workspace, "--no-tune")

    @property
    def path(self) -> Path:
        """The folder of the model in production."""
        return self.workspace / "serving" / str(versions(self.workspace / "serving")[-1])

    def artifact(self, component: str, key: str) -> Path:
        """The folder of the first output of a component."""
        return min(
            (self.workspace / f"artifacts/agreement/{component}/{key}").iterdir(),
            key=lambda each: int(each.name),
        )

    def predict(self, rows: Path):
        """Answers of `python -m pipeline predict`, and what it says."""
        output = self.folder / f"{rows.stem}-{rows.suffix[1:]}-predicted.parquet"
        arguments = ["predict", "--input", rows, "--output", output, "--model", self.path, "--overwrite"]
        done = CliRunner().invoke(command, list(map(str, arguments)))
        assert done.exit_code == 0, done.output
        return pd.read_parquet(output)[["probability_high", "probability_low"]].to_numpy(), done.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Trained:
    made = Trained(tmp_path_factory.mktemp("agreement"))
    assert made.finished.code == 0, made.finished.stdout + made.finished.stderr
    return made


@pytest.fixture(scope="module")
def expected(trained) -> np.ndarray:
    """The probabilities of the rows of the CSV file."""
    found, said = trained.predict(trained.data / "rows.csv")
    assert "warning" not in said
    assert len(np.unique(found[:, 0])) > ROWS / 2
    return found


def agree(found, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def with_images(frame: pd.DataFrame, trained: Trained) -> pd.DataFrame:
    return frame.assign(photo=[(trained.data / photo).read_bytes() for photo in frame["photo"]])


def test_typed_columns_of_parquet(trained, expected):
    trained.typed.assign(tags=trained.written["tags"]).to_parquet(trained.data / "typed.parquet")
    found, said = trained.predict(trained.data / "typed.parquet")
    (trained.data / "typed.parquet").unlink()
    assert "warning" not in said
    agree(found, expected)


@pytest.mark.parametrize("form", ["frame", "dicts", "arrow"])
@pytest.mark.parametrize("table", ["written", "typed"])
def test_rows_in_python(trained, expected, table, form):
    frame = with_images(getattr(trained, table), trained).assign(tags=trained.written["tags"])
    rows = {
        "frame": lambda: frame,
        "dicts": lambda: frame.to_dict("records"),
        "arrow": lambda: pa.table(frame),
    }
    agree(pipeline.load_model(trained.path).predict(rows[form]()).probabilities, expected)


def test_examples_as_they_were_trained_on(trained, expected):
    """The ExampleGen's examples by `serving_default`, and what Transform and the Trainer's model make of them."""
    signatures = tf.saved_model.load(str(trained.path)).signatures
    splits, transformed = (
        trained.artifact("ExampleGen", "examples"),
        trained.artifact("Transform", "transformed_examples"),
    )
    spec = TFTransformOutput(str(trained.artifact("Transform", "transform_graph"))).transformed_feature_spec()
    model = keras.saving.load_model(trained.path / model_files.KERAS, compile=False)
    card = json.loads((trained.path / model_files.CARD).read_text(encoding="utf-8"))
    seen = 0
    for split in ("train", "eval", "test"):
        examples = records(splits / f"Split-{split}")
        keys = [
            tf.train.Example.FromString(each).features.feature["key"].bytes_list.value[0] for each in examples
        ]
        rows = [int(key.split()[1]) for key in keys]
        seen += len(rows)
        agree(signatures["serving_default"](examples=tf.constant(examples))["probabilities"], expected[rows])
        if split != "test":
            inputs = tf.io.parse_example(tf.constant(records(transformed / f"Split-{split}")), spec)
            found = np.asarray(model({name: inputs[name] for name in model.input}))
            agree(calibrated(found, card["label"]["temperature"]), expected[rows])
    assert seen == ROWS


def records(folder: Path) -> list[bytes]:
    return [
        each for file in sorted(folder.iterdir()) for batch in shards.read(str(file), ROWS) for each in batch
    ]
