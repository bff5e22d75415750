"""The configuration for data that comes without one."""

import os
import re
from pathlib import Path
from typing import Any

from pipeline.config.sections import LONGEST_NAME

TEMPLATE = Path(__file__).parents[2] / "examples" / "tabular.yaml"
"""The configuration that is completed: model, training and search for a table."""


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
