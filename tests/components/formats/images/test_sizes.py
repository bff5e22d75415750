import io
from pathlib import Path

import hypothesis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies
from PIL import Image

from components.formats.images.sizes import ImageSizes
from pipeline.config.errors import ConfigError
from pipeline.config.prepare import prepare
from tests.components.formats.examples import write_examples
from tests.pipeline.config.tabular import load_tabular

FILE = Path("some.tfrecord")


def image(height: int, width: int, kind: str = "PNG", **options) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height)).save(written, kind, **options)
    return written.getvalue()


def found(*rows: list[bytes]) -> dict:
    sizes = ImageSizes()
    values = pa.array([value for row in rows for value in row], pa.large_binary())
    sizes.add(values, np.array([len(row) for row in rows]), FILE, 10)
    return sizes.found


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("PNG", {"optimize": True}), ("GIF", {}), ("JPEG", {}), ("JPEG", {"progressive": True}),
     ("JPEG", {"exif": b"Exif\0\0" + bytes(2000)}), ("JPEG", {"comment": b"\xff\xc0" * 300})],
)  # fmt: skip
def test_sizes_of_all_kinds(kind, options):
    assert found([image(35, 32, kind, **options)]) == {(35, 32): "row 11 of some.tfrecord"}


def test_the_first_row_of_each_size():
    small, large = image(2, 3), image(400, 300)
    assert found([b"text"], [], [small, large], [large], [image(5, 5, "JPEG")]) == {
        (2, 3): "row 13 of some.tfrecord",
        (400, 300): "row 13 of some.tfrecord",
        (5, 5): "row 15 of some.tfrecord",
    }


STARTS = [image(9, 8)[:30], image(9, 8, "JPEG")[:200], image(9, 8, "GIF")[:12], b"", b"\xff\xd8\xff"]


@hypothesis.given(
    strategies.sampled_from(STARTS), strategies.integers(0, 200), strategies.binary(max_size=40)
)
def test_damaged_images_do_no_harm(start, kept, rest):
    found([start[:kept] + rest])


def of_images(folder: Path, *images: bytes) -> dict:
    write_examples(
        folder / "images.tfrecord", [{"image": [each], "label": [n % 2]} for n, each in enumerate(images)]
    )
    return {"path": folder, "source": None, "label": "label"}


def test_images_of_other_sizes_are_resized_and_said(tmp_path):
    odd = image(35, 32)
    data = of_images(tmp_path, *[image(32, 32)] * 3, odd, *[image(32, 32)] * 3) | {
        "shapes": {"image": [32, 32, 3]}
    }
    assert prepare(load_tabular({"data": data}), tmp_path / "workspace").lines[0] == (
        "data.shapes: 'image' is [32, 32, 3], but the image in row 4 of images.tfrecord has 35 x 32 pixels; images of "
        "other sizes are resized"
    )


def test_images_without_a_shape_are_refused(tmp_path):
    data = of_images(tmp_path, *[image(32, 32)] * 3, image(32, 32, "JPEG"), *[image(32, 32)] * 3)
    with pytest.raises(ConfigError) as raised:
        prepare(load_tabular({"data": data}), tmp_path / "workspace")
    assert str(raised.value) == (
        "data.path: column 'image' holds images, such as one of 32 x 32 pixels in row 1 of images.tfrecord; add "
        "data.shapes: {image: [32, 32, 3]} (height, width, channels), or add it to data.ignore"
    )
    own = {"preprocessing": "tests.components.user_models.dense"}
    prepare(load_tabular({"data": data, "model": own}), tmp_path / "workspace")


def test_images_of_one_size_are_accepted(tmp_path):
    data = of_images(tmp_path, *[image(32, 32, kind) for kind in ("PNG", "JPEG", "GIF")]) | {
        "shapes": {"image": [32, 32, 3]}
    }
    prepare(load_tabular({"data": data}), tmp_path / "workspace")
