"""The metrics by name. The formulas, which need NumPy, are imported when something is scored."""

import dataclasses
import difflib
import numbers
from collections.abc import Callable
from typing import TYPE_CHECKING

from components import code
from components.errors import UserError, one_of
from reactive_schedules.printable import one_line

if TYPE_CHECKING:
    import numpy as np

    from components.metrics.rows import Rows
    from components.metrics.sums import Sums


class UnknownMetric(ValueError):
    """A name is not that of a metric; the message says which ones there are."""


@dataclasses.dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        name: Its name, with the parameter if it has one; a dotted path for a function of the user.
        tasks: The tasks that it judges; empty for a function of the user, which may be for any.
        larger_is_better: Whether a larger value is better.
        needs_threshold: Whether it judges answers, which depend on the threshold of a binary label; the others judge
            probabilities or numbers.
        binary_only: Whether it is of the positive class alone, and so only for a label with two classes.
        parameter: The quantile of `quantile_loss`.
        function: The function of the user.
    """

    name: str
    tasks: tuple[str, ...]
    larger_is_better: bool
    needs_threshold: bool = False
    binary_only: bool = False
    parameter: float | None = None
    function: Callable[..., float] | None = None

    def score(
        self,
        labels: "np.ndarray",
        predictions: "np.ndarray",
        weights: "np.ndarray | None" = None,
        positive: int | None = None,
        threshold: float | None = None,
    ) -> float:
        """Returns the score of predictions; it does not depend on the order of the rows.

        Args:
            labels: Class indices or numbers, of shape (rows,); for several labels per row, 0 and 1 of shape (rows,
                classes).
            predictions: Probabilities of shape (rows, classes), or numbers of shape (rows,).
            weights: Weight of each row, not negative, of shape (rows,); None weighs all the same.
            positive: Index of the positive class of a binary label; None is 1.
            threshold: Least probability of the positive class that is answered with it; None answers with the most
                probable class. For several labels per row, that of each label; None is 0.5.

        Returns:
            The score; NaN where it is not defined (no rows with a weight, a prediction that is not finite, a curve
            without both classes, `mape` with a label of 0).
        """
        from components.metrics.rows import Rows
        from components.metrics.sums import Exact

        if self.function is not None:
            value = self.function(labels, predictions, weights)
            if not isinstance(value, numbers.Real):  # which NumPy's are, too
                raise UserError(
                    f"metric {self.name}: returned {one_line(repr(value), 60)}; it must return a number"
                )
            return float(value)
        return float(self.of(Rows(labels, predictions, positive, threshold), Exact(weights, len(labels))))

    def of(self, rows: "Rows", sums: "Sums") -> "np.ndarray":
        """The score of rows from any sums, with their leading axes; not for a function of the user."""
        from components.metrics import formulas

        return formulas.score(self.name.partition(":")[0], self.parameter, rows, sums)


_CLASSES, _NUMBERS, _LABELS = ("classification",), ("regression",), ("multilabel",)

_METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", _CLASSES, True, needs_threshold=True),
        Metric("balanced_accuracy", _CLASSES, True, needs_threshold=True),
        Metric("f1", _CLASSES, True, needs_threshold=True, binary_only=True),
        Metric("macro_f1", _CLASSES + _LABELS, True, needs_threshold=True),
        Metric("precision", _CLASSES, True, needs_threshold=True, binary_only=True),
        Metric("recall", _CLASSES, True, needs_threshold=True, binary_only=True),
        Metric("roc_auc", _CLASSES + _LABELS, True),
        Metric("pr_auc", _CLASSES + _LABELS, True),
        Metric("cross_entropy", _CLASSES + _LABELS, False),
        Metric("brier", _CLASSES + _LABELS, False),
        Metric("mcc", _CLASSES, True, needs_threshold=True),
        Metric("rmse", _NUMBERS, False),
        Metric("mae", _NUMBERS, False),
        Metric("r2", _NUMBERS, True),
        Metric("mape", _NUMBERS, False),
        Metric("quantile_loss", _NUMBERS, False, parameter=0.5),
        Metric("micro_f1", _LABELS, True, needs_threshold=True),
        Metric("subset_accuracy", _LABELS, True, needs_threshold=True),
        Metric("hamming_loss", _LABELS, False, needs_threshold=True),
    )
}

_ALSO_CALLED = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auprc": "pr_auc",
    "auroc": "roc_auc",
    "average_precision": "pr_auc",
    "binary_crossentropy": "cross_entropy",
    "brier_score": "brier",
    "categorical_crossentropy": "cross_entropy",
    "exact_match": "subset_accuracy",
    "f1_macro": "macro_f1",
    "f1_micro": "micro_f1",
    "f1_score": "f1",
    "log_loss": "cross_entropy",
    "hamming": "hamming_loss",
    "logloss": "cross_entropy",
    "loss": "cross_entropy",
    "matthews_corrcoef": "mcc",
    "mean_absolute_error": "mae",
    "mse": "rmse",
    "neg_log_loss": "cross_entropy",
    "nll": "cross_entropy",
    "pinball": "quantile_loss",
    "pinball_loss": "quantile_loss",
    "prauc": "pr_auc",
    "r_squared": "r2",
    "rocauc": "roc_auc",
    "root_mean_squared_error": "rmse",
    "sensitivity": "recall",
    "sparse_categorical_crossentropy": "cross_entropy",
}
"""What else people call a metric; only for the remedy in a message."""


def names(task: str, classes: int | None = None) -> tuple[str, ...]:
    """The names of all metrics of a task.

    Args:
        task: `classification`, `regression` or `multilabel`.
        classes: Number of classes, to leave out what is only for two of them.
    """
    return tuple(
        name
        for name, metric in _METRICS.items()
        if task in metric.tasks and not (metric.binary_only and classes not in (None, 2))
    )


def is_own(name: str) -> bool:
    """Whether a name is the dotted path of a function of the user."""
    return "." in name.partition(":")[0]


def find(name: str) -> Metric:
    """Finds a metric by name.

    Args:
        name: One of `names`; `quantile_loss:0.9` for another quantile than 0.5; or the dotted path of a function of
            labels, predictions and weights, as `Metric.score` takes them, that returns a number. Smaller values are
            better if the function has an attribute `larger_is_better` that is false.

    Raises:
        UnknownMetric: There is no such metric.
        components.code.CodeError: The dotted path does not name a function.
    """
    if is_own(name):
        function = code.load(name)
        return Metric(name, (), bool(getattr(function, "larger_is_better", True)), function=function)
    plain, colon, parameter = name.partition(":")
    metric = _METRICS.get(plain)
    if metric is None:
        raise UnknownMetric(_unknown(plain))
    if not colon:
        return metric
    if metric.parameter is None:
        raise UnknownMetric(f"{plain} has no parameter; remove {colon + parameter!r}")
    return dataclasses.replace(metric, name=name, parameter=_quantile(parameter))


def _quantile(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise UnknownMetric(
            f"the quantile after quantile_loss: must be between 0 and 1, as in quantile_loss:0.9; got {text!r}"
        )
    return value


def _unknown(name: str) -> str:
    word = name.lower().replace("-", "_").replace(" ", "_")
    meant = _ALSO_CALLED.get(word)
    if meant is None:
        close = difflib.get_close_matches(word, [*_METRICS, *_ALSO_CALLED], n=1, cutoff=0.75)
        meant = _ALSO_CALLED.get(close[0], close[0]) if close else None
    hint = f"did you mean {meant}? " if meant else ""
    return f"{name!r} is not a metric; {hint}use {one_of(_METRICS)}, or the dotted path of your own function"
