"""The project's own artifact types, and the names of the files in them."""

from tfx.types.artifact import Artifact

Artifacts = dict[str, list[Artifact]]
"""Artifacts by channel key, as TFX passes them to an executor."""

RECORD_FILE = "record.json"
"""File name in a `TrainingRecord`."""

STUDY_FILE = "study.json"
"""File name in a `Study`."""

STUDY_PAGE_FILE = "study.html"
"""File name in a `Study`: the same study as a page."""

WORKER_LOG_FILE = "worker.log"
"""File name in a `WorkerLog`."""

REPORT_FILE = "report.html"
"""File name in a `Report`."""

UNDRAWN = "undrawn"
"""Custom property of a `Report`: what its page lacks because of an error, a line for each."""

HEALTH_FILE = "health.json"
"""File name in a `Report`: what in the data deserves a look, as `findings`."""

CONFIGURED = "as_configured"
"""Folder in a `Model` artifact with the model of the configuration as written, if a search chose another one."""

REMARKS = "remarks"
"""Custom property of the `Examples`: a line for each thing about the rows that the user should know."""


EQUAL = "equal_"
"""Beginning of the custom property of the `Examples` that counts the rows of a split that are in train, too."""


URI = "uri"
"""Custom property of an input that an executor reads from a copy: the URI that the metadata store has."""


def uri_of(artifact: Artifact) -> str:
    """The URI of an artifact as the metadata store has it, to be shown and recorded."""
    return artifact.get_string_custom_property(URI) or artifact.uri


class TrainingRecord(Artifact):
    """The record of one training run; `components.trainer.record` lists its files."""

    TYPE_NAME = "components.TrainingRecord"


class Study(Artifact):
    """The record of one search: `study.json` (the space, and each trial's spec, curve, decisions and cost) and
    `study.html`."""

    TYPE_NAME = "components.Study"


class WorkerLog(Artifact):
    """What the process of a pod that runs trials printed: `worker.log`."""

    TYPE_NAME = "components.WorkerLog"


class Report(Artifact):
    """A self-contained page about one run: `report.html`, and `health.json`."""

    TYPE_NAME = "components.Report"
