"""An exported model, ready to be asked."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from components.errors import UserError
from components.features import LabelFeature, RawFeature
from components.model_store import model_files, serving
from pipeline.prediction.batches import to_batch
from pipeline.prediction.columns import Column, to_features

if TYPE_CHECKING:
    import pandas as pd

    from reactive_schedules import TrainingSpec

MAX_BATCH = 4096
"""Rows the model is asked about at once."""

BATCH_VALUES = 2**20
"""Raw values in a batch, which keeps the memory of images within bounds."""


@dataclass(frozen=True)
class Schema:
    """What a model takes and gives: raw features by column name, and the label."""

    features: Mapping[str, RawFeature]
    label: LabelFeature


@dataclass(frozen=True)
class Predictions:
    """Answers to a number of rows, in their order.

    Attributes:
        prediction: of shape (rows,): a class as it stands in the training data, or a number in label units.
        probabilities: of shape (rows, classes), float32; None for a regression.
        classes: what the columns of `probabilities` stand for.
    """

    prediction: np.ndarray
    probabilities: np.ndarray | None
    classes: tuple

    def columns(self, prefix: str = "") -> dict[str, np.ndarray]:
        """`prediction`, and for each class `probability_<class>`."""
        result = {f"{prefix}prediction": self.prediction}
        if self.probabilities is not None:
            names = column_names(self.classes, prefix)[1:]
            result |= dict(zip(names, self.probabilities.T, strict=True))
        return result

    def to_frame(self) -> "pd.DataFrame":
        """The same as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.columns())


def column_names(classes: tuple, prefix: str = "") -> list[str]:
    """Names of the columns of `Predictions`."""
    return [f"{prefix}prediction", *(f"{prefix}probability_{value}" for value in classes)]


class ExportedModel:
    """A model that the pipeline has exported. TensorFlow is imported when it is first asked.

    Attributes:
        path: folder of the SavedModel.
        schema: what it takes and gives.
    """

    def __init__(self, path: Path) -> None:
        """Reads the model's card.

        Raises:
            UserError: the folder does not hold a model of this pipeline.
        """
        self.path = path
        self._card = self._json(model_files.CARD)
        if self._card is None or "features" not in self._card:
            raise UserError(
                f"{path}: {model_files.CARD} does not say what the model takes; it was exported by something else, or "
                "by an older version of this pipeline"
            )
        features = {
            name: RawFeature(**{**values, "shape": values["shape"] and tuple(values["shape"])})
            for name, values in self._card["features"].items()
        }
        self.schema = Schema(features, LabelFeature.from_json(json.dumps(self._card["label"])))

    def __repr__(self) -> str:
        return f"<ExportedModel {self.path}: {self.schema.label.task} of {self.schema.label.name!r}>"

    @property
    def version(self) -> str:
        """Name of its folder; what TensorFlow Serving calls its version."""
        return self.path.name

    @property
    def spec(self) -> "TrainingSpec":
        """How it was trained."""
        from reactive_schedules import TrainingSpec

        return TrainingSpec.model_validate(self._card["training"])

    @property
    def metrics(self) -> dict[str, Any] | None:
        """What Evaluator measured, see `components.evaluator.metrics`; None for a model that was not pushed."""
        return self._json(model_files.EVALUATION)

    @property
    def lineage(self) -> dict[str, Any] | None:
        """Run, data, code and artifacts it came from; None for a model that was not pushed."""
        return self._json(model_files.LINEAGE)

    @property
    def batch_rows(self) -> int:
        """Rows it should be asked about at once."""
        values = sum(feature.size or 1 for feature in self.schema.features.values())
        return max(1, min(MAX_BATCH, BATCH_VALUES // max(1, values)))

    def predict(self, rows: Any) -> Predictions:
        """Answers rows of raw features, that is of columns as they stand in the training data.

        Args:
            rows: a dict (one row), a list of dicts, a pandas DataFrame, an Arrow table, or a list of serialised
                `tf.Example`s. None, NaN and an empty text are gaps. Text is read as a CSV file's cells are. Images
                are arrays or lists of any shape with the right number of values. Columns the model does not know
                are ignored.

        Raises:
            UserError: (a ValueError) a column is missing, or a value does not fit; the first row is row 1.
        """
        batch = to_batch(rows, self.schema.features)
        if batch.num_rows == 0:
            raise UserError("rows: there are none")
        size = self.batch_rows
        starts = range(0, batch.num_rows, size)
        parts = [
            self.answer(to_features(batch.slice(start, size), self.schema.features, 1 + start), 1 + start)
            for start in starts
        ]
        probabilities = [part.probabilities for part in parts if part.probabilities is not None]
        return Predictions(
            np.concatenate([part.prediction for part in parts]),
            np.concatenate(probabilities) if probabilities else None,
            self.schema.label.classes,
        )

    def answer(self, columns: Mapping[str, Column], first_row: int) -> Predictions:
        """Answers one batch of at best `batch_rows` rows.

        Args:
            columns: every feature's values, from `to_features`.
            first_row: number of the first row, for messages.

        Raises:
            UserError: the model cannot take a row, such as an image that cannot be decoded.
        """
        features = self.schema.features
        if all(columns[name].fits_rows(feature) for name, feature in features.items()):
            inputs = {feature.rows_input: columns[name].dense(feature) for name, feature in features.items()}
            return self._ask("rows", inputs, first_row)
        # tf.Examples can hold everything, but take several times as long.
        from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

        lists = [columns[name].lists(feature.dtype) for name, feature in features.items()]
        examples = RecordBatchToExamplesEncoder().encode(pa.RecordBatch.from_arrays(lists, list(features)))
        return self._ask("serving_default", {"examples": np.array(examples, object)}, first_row)

    def load(self) -> "ExportedModel":
        """Imports TensorFlow and loads the SavedModel, which else happens when it is first asked."""
        _ = self._loaded
        return self

    @functools.cached_property
    def _loaded(self) -> Any:
        import tensorflow as tf

        return tf.saved_model.load(str(self.path))

    def _ask(self, signature: str, inputs: dict[str, np.ndarray], first_row: int) -> Predictions:
        import tensorflow as tf

        tensors = {name: tf.constant(values) for name, values in inputs.items()}
        try:
            answer = self._loaded.signatures[signature](**tensors)
        except tf.errors.InvalidArgumentError as error:
            count = len(next(iter(inputs.values())))
            if count > 1:  # the half that fails; where it is both, the first
                for half in (slice(count // 2), slice(count // 2, count)):
                    part = {name: values[half] for name, values in inputs.items()}
                    self._ask(signature, part, first_row + (half.start or 0))
            raise UserError(f"row {first_row}: the model cannot take it: {_reason(error)}") from None
        prediction = answer["prediction"].numpy()
        if prediction.dtype == object:
            prediction = np.array([value.decode() for value in prediction], object)
        probabilities = answer["probabilities"].numpy() if "probabilities" in answer else None
        return Predictions(prediction, probabilities, self.schema.label.classes)

    def _json(self, name: str) -> dict[str, Any] | None:
        file = self.path / name
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def _reason(error: Any) -> str:
    """The part of TensorFlow's message that says something: what follows on a trace, up to the names of nodes."""
    text = str(error.message).rpartition("<stack traces unavailable>")[2]
    return " ".join(text.partition("[[")[0].partition("[Op:")[0].split())


def load_model(path: str | Path = "workspace") -> ExportedModel:
    """Loads a model that the pipeline has exported.

    Args:
        path: folder of a workspace or a folder of versions (the newest is taken), of one version, or of a `Model`
            artifact.

    Raises:
        UserError: (a ValueError) there is none.
    """
    return ExportedModel(find_model(path)).load()


def find_model(path: str | Path, version: str | None = None) -> Path:
    """The folder of a SavedModel.

    Args:
        path: see `load_model`.
        version: one of the versions in `path`, instead of the newest; it may have been withdrawn.

    Raises:
        UserError: there is none.
    """
    path = Path(path).resolve()
    for folder in () if version else (path, path / "Format-Serving"):
        if (folder / model_files.GRAPH).exists():
            return folder
    folder = path / "serving" if (path / "serving").is_dir() else path
    newest = serving.production(folder)
    if newest is None:
        reason = "holds no model" if path.exists() else "does not exist"
        raise UserError(
            f"{path} {reason}; run local_runner.py, or name the folder of a model or of a workspace"
        )
    found = serving.locate(folder, int(version or newest))
    if found is None:
        known = ", ".join(map(str, reversed(serving.versions(folder))))
        raise UserError(f"{folder} has no version {version}; it has {known}")
    return found
