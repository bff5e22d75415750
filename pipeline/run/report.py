"""The page of a run, where a person finds it."""

import os
import shutil
from pathlib import Path

from components.artifacts import REPORT_FILE
from pipeline.config.fit import FittedConfig
from pipeline.run.local import Finished


def publish(fitted: FittedConfig, finished: Finished) -> Path:
    """Puts the page into `reports/` of the workspace, named for the run; one that was cached has its earlier page.

    Returns:
        Where it is.
    """
    page = Path(finished.outputs["Report"]["report"][0].uri, REPORT_FILE)
    path = fitted.workspace / "reports" / f"{finished.id}.html"
    path.parent.mkdir(exist_ok=True)
    try:
        os.link(page, path)  # a second name takes no space
    except OSError:
        shutil.copyfile(page, path)
    return path
