"""What the page of a run is made from, read from the artifacts when it is needed."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.types import Artifact, artifact_utils
from tfx.utils import path_utils

from components.artifacts import EQUAL, RECORD_FILE, REMARKS, STUDY_FILE, Artifacts
from components.evaluator import metrics
from components.features import LabelFeature
from components.model_store import model_files
from components.report import data, drift
from components.report.answers import AnsweredExamples, answer_examples
from components.report.health import Finding, Known, health
from components.report.raw import look
from components.report.usage import plain_row
from components.schema import read_schema


class Found:
    """The contents of the input artifacts; each is read once.

    Args:
        inputs: Artifacts by input key.
        test_split: Name of the split that is used neither for the search nor for the training.
    """

    def __init__(self, inputs: Artifacts, test_split: str) -> None:
        self._inputs, self._test_split = inputs, test_split

    def uri(self, key: str) -> str:
        """The URI of an input."""
        return self._single(key).uri

    @functools.cached_property
    def evaluation(self) -> dict[str, Any]:
        """The Evaluator's `metrics.json`."""
        return self._json("evaluation", metrics.FILE)

    @functools.cached_property
    def record(self) -> dict[str, Any]:
        """The Trainer's `record.json`."""
        return self._json("training_record", RECORD_FILE)

    @property
    def temperature(self) -> float:
        """Temperature of a classifier's predictions."""
        return self.record["label"].get("temperature", 1.0)

    @functools.cached_property
    def study(self) -> dict[str, Any]:
        """The Tuner's `study.json`; empty without a search."""
        return self._json("study", STUDY_FILE) if "study" in self._inputs else {}

    @functools.cached_property
    def statistics(self) -> dict[str, data.Statistics]:
        """Statistics by split, the training split first."""
        splits = artifact_utils.decode_split_names(self._single("statistics").split_names)
        ordered = sorted(splits, key=lambda split: (split != data.TRAIN, split))
        return {split: data.read_statistics(self.uri("statistics"), split) for split in ordered}

    @functools.cached_property
    def anomalies(self) -> dict[str, Any]:
        """Anomalies by split."""
        return {split: data.read_anomalies(self.uri("anomalies"), split) for split in self.statistics}

    @functools.cached_property
    def drift(self) -> list[drift.Drift] | None:
        """Drift of each column since the model in production; None if there is nothing to compare with."""
        before = Path(path_utils.serving_model_dir(self.uri("baseline_model")), model_files.STATISTICS)
        if not before.exists():
            return None
        earlier = data.Statistics.FromString(before.read_bytes())
        return drift.measure(self.statistics[data.TRAIN], earlier, read_schema(self._inputs["schema"]))

    def health(self, label: LabelFeature, known: Known) -> list[Finding]:
        """What in the data deserves a look, beside what is known."""
        seen = look(self._inputs["examples"], read_schema(self._inputs["schema"]), label, data.TRAIN)
        examples = self._single("examples")
        equal = {split: examples.get_int_custom_property(f"{EQUAL}{split}") for split in self.statistics}
        return health(self.statistics[data.TRAIN], seen, label, equal, known)

    @functools.cached_property
    def exported(self) -> str:
        """Folder of the model that was trained."""
        return path_utils.serving_model_path(self.uri("model"))

    @functools.cached_property
    def answered(self) -> AnsweredExamples:
        """Predictions for the test split."""
        return answer_examples(self.exported, self._inputs["examples"], self._test_split)

    @functools.cached_property
    def row(self) -> Mapping[str, Any]:
        """The first example of the test split; see `plain_row`."""
        card = json.loads(Path(self.exported, model_files.CARD).read_text(encoding="utf-8"))
        return plain_row(card["features"], self.answered.example)

    @property
    def pushed(self) -> str:
        """Destination of the push; empty if the model was not pushed."""
        return self._single("pushed_model").get_string_custom_property("pushed_destination")

    @property
    def baseline(self) -> str:
        """Version in production before this run; empty if there was none."""
        return self._single("baseline_model").get_string_custom_property("version")

    @property
    def remarks(self) -> str:
        """What the ExampleGen says about the rows, in lines."""
        return self._single("examples").get_string_custom_property(REMARKS)

    def _single(self, key: str) -> Artifact:
        return artifact_utils.get_single_instance(self._inputs[key])

    def _json(self, key: str, name: str) -> dict[str, Any]:
        return json.loads(Path(self.uri(key), name).read_text(encoding="utf-8"))
