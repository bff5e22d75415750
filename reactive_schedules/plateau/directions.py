"""Whether smaller or larger values of a metric are better, as far as its name tells."""

import re
from typing import Literal

Direction = Literal["min", "max"]

_SMALLER_IS_BETTER = (
    r"loss|error|mse|mae|mape|msle|rmse|crossentropy|cross_entropy|logloss|brier|perplexity|"
    r"kl_divergence|hinge"
)
_LARGER_IS_BETTER = (
    r"acc|accuracy|auc|auroc|auprc|prc|precision|recall|f1|f1_score|fbeta_score|mcc|r2|r2_score|iou|mean_iou"
)
_ENDINGS: dict[Direction, re.Pattern[str]] = {
    "min": re.compile(rf"(^|_)({_SMALLER_IS_BETTER})$"),
    "max": re.compile(rf"(^|_)({_LARGER_IS_BETTER})$"),
}
_KERAS = (
    r"(binary|categorical|(sparse_)?(top_k_)?categorical)_(accuracy|crossentropy)|"
    r"(root_)?mean_(squared|absolute)(_percentage|_logarithmic)?_error|(squared|categorical)_hinge"
)
_WELL_KNOWN = re.compile(rf"(val_)?({_SMALLER_IS_BETTER}|{_LARGER_IS_BETTER}|{_KERAS})(_\d+)?")
"""Names, in full, that mean the same everywhere; `domain_accuracy` may well be one to minimise."""


class Contradiction(ValueError):
    """A direction contradicts a metric. The message is fault and remedy."""


def direction_of(name: str) -> Direction | None:
    """The direction of a metric by the end of its name; None if that does not tell it.

    Args:
        name: Name in the logs, such as `val_loss` or `head_accuracy`.
    """
    name = name.lower()
    return next((direction for direction, ending in _ENDINGS.items() if ending.search(name)), None)


def check(name: str, given: Direction, known: Direction | None = None) -> None:
    """Checks that a direction does not contradict a metric.

    Args:
        name: Name in the logs.
        given: The direction that somebody has set.
        known: The direction of the metric, from one who knows it; by default, that of a well-known name.

    Raises:
        Contradiction: It does.
    """
    if known is None and _WELL_KNOWN.fullmatch(name.lower()):
        known = direction_of(re.sub(r"_\d+$", "", name))
    if known not in (None, given):
        better = "smaller" if known == "min" else "larger"
        raise Contradiction(f"{given} contradicts {name}, of which {better} values are better; remove it")
