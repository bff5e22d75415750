"""Artifact types that TFX does not have."""

from tfx.types.artifact import Artifact

Artifacts = dict[str, list[Artifact]]
"""By key, as executors get them."""

RECORD_FILE = "record.json"
"""In a `TrainingRecord`."""

STUDY_FILE = "study.json"
"""In a `Study`."""

REPORT_FILE = "report.html"
"""In a `Report`."""


class TrainingRecord(Artifact):
    """What happened in one training; see `components.trainer.record` for the files."""

    TYPE_NAME = "components.TrainingRecord"


class Study(Artifact):
    """What happened in one search: `study.json` (space, and every trial's spec, curve, decisions and cost)."""

    TYPE_NAME = "components.Study"


class Report(Artifact):
    """One run as a page: `report.html`, self-contained."""

    TYPE_NAME = "components.Report"
