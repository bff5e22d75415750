"""Draws the pictures of this folder from what its pages show: python docs/schedules/draw_pictures.py."""

import re
from pathlib import Path

import yaml

from reactive_schedules import Horizon, preview
from reactive_schedules.families import FAMILIES, Family

FOLDER = Path(__file__).parent
# 40 epochs of CIFAR-10 in batches of 128.
HORIZON = Horizon(steps_per_epoch=391, epochs=40, batch_size=128)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page that are in a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def family_of_page(page: Path) -> Family:
    """The family that the first YAML block of a page describes."""
    data = yaml.safe_load(blocks(page, "yaml")[0])
    return FAMILIES[data["family"]].parse(data)


def draw(page: Path, folder: Path) -> Path:
    """Draws a family page's picture into a folder."""
    return preview(family_of_page(page), HORIZON).draw(folder / f"{page.stem}.svg")


def draw_range_test(folder: Path) -> Path:
    """Runs the range test's example, with fixed weights, and draws it."""
    import keras

    keras.utils.set_random_seed(0)
    names: dict = {}
    exec(blocks(FOLDER / "looking_ahead.md", "python")[0], names)
    return names["found"].draw(folder / "range_test.svg")


if __name__ == "__main__":
    for name in FAMILIES:
        print(draw(FOLDER / f"{name}.md", FOLDER / "pictures"))
    print(draw_range_test(FOLDER / "pictures"))
