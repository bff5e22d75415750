"""An exported model, ready to predict."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from components.errors import UserError
from components.features import LabelFeature, RawFeature
from components.formats.cells.reading import Reading
from components.learning.residuals import Residuals
from components.model_store import model_files, serving
from pipeline.prediction.batches import to_batch
from pipeline.prediction.columns import Column, to_features
from pipeline.result_files import Card, Evaluation, Lineage, StoredResiduals, read
from reactive_schedules.failures import summary_of
from reactive_schedules.printable import one_line

if TYPE_CHECKING:
    import pandas as pd

    from reactive_schedules import TrainingSpec

T = TypeVar("T")

MAX_BATCH = 4096
"""Maximum number of rows in a batch."""

BATCH_VALUES = 2**20
"""Maximum number of values in a batch, which limits the memory that images take, as numbers or decoded."""


@dataclass(frozen=True)
class Schema:
    """Inputs and output of a model: raw features by column name, and the label.

    Attributes:
        features: Raw features.
        label: The label.
        images: Features that are image files, which tables have as paths.
    """

    features: Mapping[str, RawFeature]
    label: LabelFeature
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predictions:
    """Predictions for a number of rows, in their order.

    Attributes:
        prediction: Array of shape (rows,): classes as in the training data, or numbers in the label's unit. Where any
            number of labels applies to a row: text with the separator of the training data, or a list for each row.
        probabilities: Array of shape (rows, classes), float32; None for regression.
        classes: Classes of the columns of `probabilities`.
        lower, upper: Ends of the intervals, float32 of shape (rows,); None unless they were asked for.
    """

    prediction: np.ndarray
    probabilities: np.ndarray | None
    classes: tuple
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None

    def columns(self, prefix: str = "") -> dict[str, np.ndarray]:
        """`prediction`, and `probability_<class>` for each class, or the ends of the interval."""
        parts = [self.prediction]
        if self.probabilities is not None:
            parts.extend(self.probabilities.T)
        if self.lower is not None and self.upper is not None:
            parts.extend((self.lower, self.upper))
        names = column_names(self.classes, prefix, interval=self.lower is not None)
        return dict(zip(names, parts, strict=True))

    def within(self, half_width: float) -> "Predictions":
        """The same predictions with the intervals around them."""
        middle = self.prediction.astype(np.float64)
        lower, upper = _outwards(middle - half_width, -np.inf), _outwards(middle + half_width, np.inf)
        return replace(self, lower=lower, upper=upper)

    def to_frame(self) -> "pd.DataFrame":
        """The predictions as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.columns())


def column_names(classes: tuple, prefix: str = "", *, interval: bool = False) -> list[str]:
    """Names of the columns of `Predictions`."""
    ends = ("prediction_lower", "prediction_upper") if interval else ()
    return [
        f"{prefix}{name}" for name in ("prediction", *(f"probability_{value}" for value in classes), *ends)
    ]


def _outwards(values: np.ndarray, towards: float) -> np.ndarray:
    """Rounds to float32 in one direction, so that an interval loses no label at its end."""
    rounded = values.astype(np.float32)
    inside = rounded > values if towards < 0 else rounded < values
    return np.where(inside, np.nextafter(rounded, np.float32(towards)), rounded)


class ExportedModel:
    """A model that the pipeline exported. TensorFlow is imported for its first prediction.

    Attributes:
        path: Folder of the SavedModel.
        schema: Inputs and output of the model.
        reading: How cells become values.
    """

    def __init__(self, path: Path) -> None:
        """Reads the model's card.

        Raises:
            UserError: The folder does not contain a model of this pipeline, or a file is damaged.
        """
        serving.check(path, whole=False)
        self.path = path
        self._card = self._json(model_files.CARD, Card)
        if self._card is None or "features" not in self._card:
            raise UserError(
                f"{path}: {model_files.CARD} does not describe the model's inputs; export the model again with this "
                "release of the pipeline"
            )
        features = {
            name: RawFeature(**{**values, "shape": values["shape"] and tuple(values["shape"])})
            for name, values in self._card["features"].items()
        }
        self.reading = Reading.from_json(self._card.get("reading", {}))
        label = LabelFeature.from_json(json.dumps(self._card["label"]))
        self.schema = Schema(features, label, tuple(self.reading.images))

    def __repr__(self) -> str:
        return f"<ExportedModel {self.path}: {self.schema.label.task} of {self.schema.label.name!r}>"

    @property
    def version(self) -> str:
        """Name of its folder, which is its version in TensorFlow Serving."""
        return self.path.name

    @property
    def spec(self) -> "TrainingSpec":
        """Spec of its training.

        Raises:
            UserError: The card has none, or the family is one of the user's own that is not registered here.
        """
        from reactive_schedules import SpecError, TrainingSpec

        try:
            return TrainingSpec.parse(self._card.get("training"))
        except SpecError as error:
            reason = str(error).splitlines()[0]
            raise UserError(
                f"{self.path}: {model_files.CARD} has no spec that can be read here ({reason})"
            ) from None

    @property
    def metrics(self) -> dict[str, Any] | None:
        """Metrics of the Evaluator, see `components.evaluator.metrics`; None if the model was not pushed."""
        return self._json(model_files.EVALUATION, Evaluation)

    @property
    def lineage(self) -> dict[str, Any] | None:
        """Run, data, code and artifacts that it came from; None if the model was not pushed."""
        return self._json(model_files.LINEAGE, Lineage)

    @property
    def batch_rows(self) -> int:
        """Number of rows to predict at once."""
        raw = sum(feature.size or 1 for feature in self.schema.features.values())
        values = max(1, raw, self._card.get("input_values", 0))
        return max(1, min(MAX_BATCH, BATCH_VALUES // values))

    def half_width(self, level: float) -> float:
        """The distance from a prediction that holds the label of a new row with probability `level`.

        Raises:
            UserError: The model predicts classes, has no residuals, or had too few rows in its eval split.
        """
        if self.schema.label.task != "regression":
            raise UserError(
                "interval: is for regressions; this model predicts classes, with their probabilities"
            )
        stored = self._json(model_files.RESIDUALS, StoredResiduals)
        if stored is None:
            raise UserError(
                f"interval: {self.path} has no residuals, because an earlier release of the pipeline trained it, or "
                "because some of its predictions were not numbers; train it again"
            )
        return Residuals(stored["rows"], stored["levels"], stored["widths"]).half_width(level)

    def predict(self, rows: Any, interval: float | None = None) -> Predictions:
        """Predicts rows of raw features, with columns as in the training data.

        Args:
            rows: Dict (one row), list of dicts, pandas DataFrame, Arrow table, or list of serialised
                `tf.Example`s. None, NaN and empty text are missing values. Text is parsed like the cells of a CSV
                file. Images are arrays or lists of any shape with the right number of values. Columns that the
                model does not know are ignored.
            interval: Probability with which an interval around each prediction of a regression holds the label; None
                leaves intervals out.

        Raises:
            UserError: A column is missing, or a value does not fit; the message counts rows from 1 (a UserError is
                a ValueError). Or the model has no intervals of that level.
        """
        half_width = None if interval is None else self.half_width(interval)
        batch = to_batch(rows, self.schema.features)
        if batch.num_rows == 0:
            raise UserError("rows: empty; pass at least one row")
        size = self.batch_rows
        starts = range(0, batch.num_rows, size)
        parts = [
            self.answer(
                to_features(batch.slice(start, size), self.schema.features, 1 + start, self.reading),
                1 + start,
            )
            for start in starts
        ]
        probabilities = [part.probabilities for part in parts if part.probabilities is not None]
        found = Predictions(
            np.concatenate([part.prediction for part in parts]),
            np.concatenate(probabilities) if probabilities else None,
            self.schema.label.classes,
        )
        return found if half_width is None else found.within(half_width)

    def answer(self, columns: Mapping[str, Column], first_row: int) -> Predictions:
        """Predicts one batch of at most `batch_rows` rows.

        Args:
            columns: Values of every feature, from `to_features`.
            first_row: Number of the first row, for messages.

        Raises:
            UserError: The model cannot process a row, such as an image that cannot be decoded.
        """
        features = self.schema.features
        if all(columns[name].fits_rows(feature) for name, feature in features.items()):
            inputs = {feature.rows_input: columns[name].dense(feature) for name, feature in features.items()}
            return self._ask("rows", inputs, first_row)
        # tf.Examples can represent everything, but take several times as long.
        from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

        lists = [columns[name].lists(feature.dtype) for name, feature in features.items()]
        examples = RecordBatchToExamplesEncoder().encode(pa.RecordBatch.from_arrays(lists, list(features)))
        return self._ask("serving_default", {"examples": np.array(examples, object)}, first_row)

    def load(self) -> "ExportedModel":
        """Imports TensorFlow and loads the SavedModel, instead of on the first prediction."""
        _ = self._loaded
        return self

    @functools.cached_property
    def _loaded(self) -> Any:
        return self._read(load_graph)

    def _ask(self, signature: str, inputs: dict[str, np.ndarray], first_row: int) -> Predictions:
        import tensorflow as tf

        tensors = {name: tf.constant(values) for name, values in inputs.items()}
        try:
            answer = self._loaded.signatures[signature](**tensors)
        except tf.errors.InvalidArgumentError as error:
            count = len(next(iter(inputs.values())))
            if count > 1:  # raises for the first row that fails, found by bisection
                for half in (slice(count // 2), slice(count // 2, count)):
                    part = {name: values[half] for name, values in inputs.items()}
                    self._ask(signature, part, first_row + (half.start or 0))
            raise UserError(f"row {first_row}: the model cannot process it: {_reason(error)}") from None
        prediction = answer["prediction"].numpy()
        if prediction.dtype == object:
            prediction = np.array([value.decode() for value in prediction], object)
        probabilities = answer["probabilities"].numpy() if "probabilities" in answer else None
        label = self.schema.label
        if label.is_multilabel and not label.separator:  # served as text
            chosen = probabilities >= np.float32(self._card["label"]["threshold"])
            prediction = np.empty(len(chosen), object)
            prediction[:] = [[label.classes[place] for place in np.flatnonzero(row)] for row in chosen]
        return Predictions(prediction, probabilities, self.schema.label.classes)

    def _json(self, name: str, shape: Any) -> dict[str, Any] | None:
        try:
            return self._read(lambda folder: read(folder / name, shape))
        except FileNotFoundError:
            return None

    def _read(self, read: Callable[[Path], T]) -> T:
        """Reads from the model's folder, which a rollback may move at any time."""
        return serving.steadily(serving.home(self.path), lambda: read(serving.follow(self.path)))


def load_graph(folder: Path) -> Any:
    """Imports TensorFlow and loads a SavedModel.

    Raises:
        UserError: It is damaged.
    """
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow raises many types for a damaged file
        raise UserError(
            f"{folder}: the SavedModel is damaged ({summary_of(error)}); restore it from a copy, or run the "
            "pipeline again"
        ) from error


def _reason(error: Any) -> str:
    """The informative part of TensorFlow's message: after the stack trace, before the names of nodes."""
    text = str(error.message).rpartition("<stack traces unavailable>")[2]
    return one_line(text.partition("[[")[0].partition("[Op:")[0])
