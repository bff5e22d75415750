"""Images as rows: a folder per class, and tables of paths."""

import csv
import itertools
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from components.errors import DataError, UserError
from components.features import RawFeature
from components.formats.cells.reading import Reading
from components.formats.csv import image_paths
from components.formats.csv.source import CsvSource
from components.formats.image_files import Sizes
from components.formats.images.rows import loaded
from components.formats.images.source import ImageSource
from components.formats.registry import open_rows
from components.formats.source import merge
from pipeline.data.inspection import inspect
from tests.components.formats.pictures import folder, picture, with_orientation
from tests.components.formats.sources import decode

FEATURES = {"image": RawFeature("string", (1,), "image")}


@pytest.fixture
def pets(tmp_path) -> Path:
    return folder(tmp_path / "pets")


def table(pets: Path, names: tuple[str, str] = ("image", "kind")) -> Path:
    """A table of the images beside their folder."""
    files = sorted(file for file in pets.rglob("[!.]*.*") if file.is_file())
    with (pets.parent / "pets.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = [(str(file.relative_to(pets.parent)), file.parent.name) for file in files]
        csv.writer(stream).writerows([names, *rows])
    return pets.parent / "pets.csv"


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def rows_of(source, files: list[Path]) -> list[dict]:
    blocks = [block for unit in source.units(files) for block in source.blocks(unit)]
    found = merge(map(source.survey, blocks)).columns
    kept = [rows for block in blocks for _, rows in source.read(block, found)]
    return [decode(example) for rows in kept for example in source.encode(rows)]


def test_a_folder_per_class_is_read_as_it_is(pets):
    data = inspect(pets, "kind")
    assert (data.pattern, data.columns) == ("*/*", ("image", "kind"))
    assert (data.label.classes, data.image_files) == (("cats", "dogs"), {"image": "kind"})
    assert data.shapes == {"image": [6, 8, 3]}
    assert data.lines == ()
    assert data.image_lines == (
        "data.shapes: the images, of 6 x 8 to 12 x 8 pixels, are resized to 6 x 8; change it with data.shapes: "
        "{image: [6, 8, 3]}",
    )
    files = sorted(file for file in pets.glob("*/[!.]*"))
    assert rows_of(ImageSource(Reading(images={"image": "kind"})), files) == [
        {"image": [file.read_bytes()], "kind": [file.parent.name.encode()]} for file in files
    ]


def test_a_table_of_paths_gives_the_same_rows(pets, monkeypatch):
    monkeypatch.setattr(image_paths, "BLOCK_BYTES", 500)
    data = inspect(table(pets), "kind")
    assert (data.image_files, data.shapes, data.sizes) == ({"image": ""}, {"image": [6, 8, 3]}, {"kind": 1})
    of_table = rows_of(CsvSource(Reading(images={"image": ""})), [table(pets)])
    of_folder = rows_of(ImageSource(Reading(images={"image": "kind"})), sorted(pets.glob("*/[!.]*")))
    assert of_table == of_folder


def test_a_configured_shape_and_columns_that_are_no_images(pets):
    assert inspect(table(pets), "kind", shapes={"image": [4, 4, 3]}).shapes == {"image": [4, 4, 3]}
    for channels, message in (
        (1, "f.jpg is in CMYK.*; use 3"),
        (4, "has 4 channels; use 3, or 1"),
    ):
        with pytest.raises(DataError, match=message):
            inspect(table(pets), "kind", shapes={"image": [4, 4, channels]})
    assert inspect(table(pets), "kind", categorical=["image"]).image_files == {}
    assert inspect(table(pets), "image", ignore=["kind"]).image_files == {}


def test_large_images_are_made_small_and_grey_ones_stay_grey(tmp_path):
    for name in "ab":
        picture(tmp_path / name / f"{name}.png", "L", (600, 300), ord(name))
    assert inspect(tmp_path, "kind").shapes == {"image": [32, 64, 1]}


def test_images_that_are_not_upright_are_counted_and_measured_upright(tmp_path):
    for name in "ab":
        picture(tmp_path / name / "a.jpg", seed=ord(name), turned=6)
    data = inspect(tmp_path, "kind")
    assert data.shapes == {"image": [8, 6, 3]}
    assert "2 images are turned upright, as the EXIF data says" in data.image_lines[-1]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_orientation_is_that_which_pillow_reads_or_the_image_is_named(tmp_path, kind):
    file = tmp_path / "a.jpg"
    for orientation, endian, padding in itertools.product(range(10), "<>", (0, 100, 9000)):
        file.write_bytes(with_orientation(orientation, kind, endian, padding))
        sizes = Sizes()
        sizes.add(file)
        upright = ImageOps.exif_transpose(Image.open(file))
        assert sizes.counts == {(upright.height, upright.width): 1} or sizes.lying == file
        assert sizes.turned == (2 <= orientation <= 8 and sizes.lying is None)
        assert sizes.lying is None or padding == 9000
    assert ("in a form that is not read" in "".join(sizes.remarks("image", sizes.shape()))) == bool(
        sizes.lying
    )


def test_damaged_metadata_do_not_count(tmp_path):
    whole = with_orientation(6)
    (tmp_path / "a.jpg").write_bytes(whole.replace(b"II*\0", b"XX*\0"))
    sizes = Sizes()
    sizes.add(tmp_path / "a.jpg")
    assert (sizes.turned, sizes.lying, list(sizes.counts)) == (0, None, [(32, 24)])


def test_other_images_are_other_data(pets):
    for path in (pets, table(pets)):
        before = inspect(path, "kind").fingerprint
        picture(pets / "cats" / "a.jpg", seed=path == pets)
        assert inspect(path, "kind").fingerprint != before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda pets: (pets / "cats" / "x.txt").touch(), "cats/x.txt is among images but is no JPEG or PNG"),
        (
            lambda pets: (pets / "cats" / "x.jpg").write_bytes(b"x"),
            "cats/x.jpg: it is no JPEG or PNG image; convert",
        ),
        (
            lambda pets: picture(pets / "cats" / "x.webp").rename(pets / "cats" / "x.jpg"),
            "x.jpg: it is no JPEG or PNG",
        ),
        (
            lambda pets: cut_short(pets / "cats" / "a.jpg"),
            "cats/a.jpg: the image is damaged: image file is truncated",
        ),
        (
            lambda pets: cut_short(pets / "cats" / "c.png"),
            "cats/c.png: the image is damaged: ",
        ),
        (
            lambda pets: picture(pets / "train" / "cats" / "x.png"),
            "folders of images inside train; give data.path: .*/train$",
        ),
    ],
    ids=["text", "damaged", "another format", "cut JPEG", "cut PNG", "nested"],
)
def test_folders_that_are_refused(pets, make, message):
    make(pets)
    with pytest.raises(DataError, match=message):
        inspect(pets, "kind")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "pets/none.jpg",
            r"row 15: column 'image': pets/none.jpg: the file does not exist; paths are relative to",
        ),
        ("", "row 15: column 'image' is empty; give each row an image"),
        ("pets/cats/x.jpg", "row 15: column 'image': .*x.jpg: it is no JPEG or PNG image"),
    ],
)
def test_tables_that_are_refused_before_anything_runs(pets, path, message):
    (pets / "cats" / "x.jpg").write_bytes(b"x")
    file = table(pets)
    file.write_text(file.read_text().replace("pets/cats/x.jpg,cats\n", "") + f"{path},cats\n")
    with pytest.raises(DataError, match=message):
        inspect(file, "kind")


def test_damage_in_the_middle_of_an_image_is_found_by_the_example_gen(pets):
    whole = (pets / "cats" / "a.jpg").read_bytes()
    (pets / "cats" / "a.jpg").write_bytes(whole[: len(whole) // 2])
    for source, files in (
        (ImageSource(Reading(images={"image": "kind"})), sorted(pets.glob("*/[!.]*"))),
        (CsvSource(Reading(images={"image": ""})), [table(pets)]),
    ):
        with pytest.raises(UserError, match=r"pets/cats/a.jpg: "):
            rows_of(source, files)


def test_rows_to_predict(pets):
    """A folder, a file, and a table give the same images; the paths stay in the output."""
    opened = open_rows(str(pets), FEATURES)
    (batch,) = opened.batches()
    assert batch.column(0).to_pylist()[:2] == ["cats/a.jpg", "cats/b.PNG"]
    images = loaded(batch, ["image"], opened.name, 1).column(0).to_pylist()
    assert images[0] == (pets / "cats" / "a.jpg").read_bytes()
    (of_table,) = open_rows(str(table(pets)), FEATURES).batches()
    assert loaded(of_table, ["image"], str(table(pets)), 1).column(0).to_pylist() == images
    (single,) = open_rows(str(pets / "cats" / "b.PNG"), FEATURES).batches()
    assert loaded(single, ["image"], str(pets / "cats" / "b.PNG"), 1).column(0).to_pylist() == [images[1]]
    (pets / "cats" / "a.jpg").unlink()
    with pytest.raises(UserError, match="row 7: column 'image': .*a.jpg: the file does not exist"):
        loaded(batch, ["image"], opened.name, 7)


def test_folders_that_cannot_be_predicted(tmp_path):
    with pytest.raises(UserError, match=r"there are no images, such as \*.jpg or \*.png"):
        open_rows(str(tmp_path), FEATURES)
    with pytest.raises(UserError, match="the model takes other columns than one image; give a table"):
        open_rows(str(tmp_path), {**FEATURES, "x": RawFeature("float32", (1,), "x")})
