"""Publishes the report of a run."""

import os
import shutil
from pathlib import Path

from components.artifacts import REPORT_FILE, UNDRAWN
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


def undrawn(finished: Finished, log: Path) -> list[str]:
    """Returns what is said about each part that the page lacks because it could not be drawn.

    Args:
        finished: The run.
        log: Log of the Report component.
    """
    faults = finished.outputs["Report"]["report"][0].get_string_custom_property(UNDRAWN).splitlines()
    return [f"The report lacks a part: {fault}; log: {log}" for fault in faults]
