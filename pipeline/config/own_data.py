"""The configuration for data that comes without one."""

import os
import re
from pathlib import Path
from typing import Any

from components.formats import registry
from components.formats.format import IMAGE_SUFFIXES
from pipeline.config.sections import LONGEST_NAME

_EXAMPLES = Path(__file__).parents[2] / "examples"

TEMPLATE = _EXAMPLES / "tabular.yaml"
"""The configuration that is completed: model, training and search for a table."""

IMAGES = _EXAMPLES / "images.yaml"
"""The same for images in a folder per class."""


def template(data: Path) -> Path:
    """Returns the configuration to complete for data: that of images if it has folders of them and no table."""
    depths = ("*", "*/*", "*/*/*")  # the last: images in folders of splits above those of classes
    tables, has_images = tuple(registry.trainable()), False
    try:
        for name in (file.name.lower() for depth in depths for file in data.glob(depth)):
            if name.endswith(tables):
                return TEMPLATE
            has_images = has_images or name.endswith(IMAGE_SUFFIXES)
    except OSError:
        return TEMPLATE  # whoever reads the data says what is wrong with it
    return IMAGES if has_images else TEMPLATE


def overrides(data: Path, label: str) -> dict[str, Any]:
    """Returns the values that replace those of the template, for `pipeline.config.load.load`.

    Args:
        data: Folder of the data, or a single file; the pipeline gets its name.
        label: Column to predict.
    """
    name = re.sub("[^a-z0-9]+", "-", Path(os.path.realpath(data)).stem.lower()).strip("-")
    if not name[:1].isalpha():
        name = f"data-{name}".rstrip("-")
    name = name[:LONGEST_NAME].rstrip("-")
    return {"name": name, "data": {"path": data, "source": None, "label": label}}
