"""Which example configuration own data gets."""

from pathlib import Path

import pytest

from pipeline.config.load import load
from pipeline.config.own_data import IMAGES, TEMPLATE, overrides, template


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("cats/1.JPG", "dogs/2.png"), IMAGES),
        (("train/cats/1.jpeg", "test/dogs/2.png"), IMAGES),
        (("paths.csv", "photos/1.jpg"), TEMPLATE),
        (("train/rows.parquet", "test/rows.parquet", "figures/plots/1.png"), TEMPLATE),
        (("rows.tfrecord.gz",), TEMPLATE),
        ((), TEMPLATE),
    ],
)
def test_folders_of_images_have_a_configuration_of_their_own(files, expected, tmp_path):
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert template(tmp_path) == expected


def test_a_single_file_and_what_is_missing_get_that_of_a_table(tmp_path):
    (tmp_path / "rows.csv").touch()
    assert template(tmp_path / "rows.csv") == template(tmp_path / "missing") == TEMPLATE


def test_the_configuration_of_images_is_complete():
    config = load(IMAGES, overrides(Path("pets"), "kind"))
    assert (config.name, config.data.label, config.model.hyperparameters["augment"]) == (
        "pets",
        "kind",
        "shift",
    )
