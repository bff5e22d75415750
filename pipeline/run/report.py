"""Publishes the report of a run."""

import os
import shutil
from pathlib import Path

from components.artifacts import REPORT_FILE
from pipeline.config.fit import FittedConfig
from pipeline.run.local import Finished


def publish(fitted: FittedConfig, finished: Finished) -> Path:
    """Puts the page into `reports/` of the workspace, named after the run; a cached Report keeps its earlier page.

    Returns:
        Path of the page.
    """
    page = Path(finished.outputs["Report"]["report"][0].uri, REPORT_FILE)
    path = fitted.workspace / "reports" / f"{finished.id}.html"
    path.parent.mkdir(exist_ok=True)
    try:
        os.link(page, path)  # a hard link takes no space
    except OSError:
        shutil.copyfile(page, path)
    return path
