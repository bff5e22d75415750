"""How far a regression was off on the validation split, from which predictions get intervals.

Source: Lei et al., "Distribution-free predictive inference for regression", 2018 (split conformal prediction).
"""

import dataclasses

import numpy as np

from components.errors import UserError

KEPT = 1000
"""Residuals that are stored one by one; of more, those of `_LEVELS`."""

_LEVELS = np.concatenate([np.arange(1, 1000) / 1000, 1 - 10.0 ** (-3 - np.arange(1, 121) / 20)])
"""Thousandths, then ever closer to 1, so that any level can be rounded up to one that is hardly larger."""

_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True)
class Residuals:
    """The distribution of the absolute residuals.

    Attributes:
        rows: Number of rows; with weights, the number of equal rows that tell as much.
        levels: Levels in ascending order.
        widths: Half the width of the interval of each level, in units of the label.
    """

    rows: float
    levels: list[float]
    widths: list[float]

    def half_width(self, level: float) -> float:
        """Returns the distance from a prediction that holds a new label with probability `level`.

        It is the residual of rank ceil((rows + 1) · level), or one that is hardly larger.

        Raises:
            UserError: The level is not between 0 and 1, or the rows are too few for it.
        """
        if not 0 < level < 1:
            raise UserError(f"interval: must be between 0 and 1, such as 0.9; got {level:g}")
        place = int(np.searchsorted(self.levels, level - _ROUNDING))
        if place == len(self.levels):
            needed = np.ceil(level / (1 - level) - 1e-9)
            raise UserError(
                f"interval: {level:g} needs at least {needed:,.0f} rows in the eval split, but this model had "
                f"{self.rows:,.0f}; ask for at most {np.floor(1e4 * self.levels[-1]) / 1e4:g}, or train with more rows"
            )
        return self.widths[place]


def residuals_of(
    labels: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None = None
) -> Residuals | None:
    """Returns the distribution of absolute residuals; it does not depend on the order of the rows.

    Rows count by their weight. The row to predict is one more, whose weight is that of a row drawn by weight.

    Args:
        labels: Numbers, of shape (rows,).
        predictions: Numbers, of shape (rows,).
        weights: Weight of each row, of shape (rows,), not all 0; None weighs all the same.

    Returns:
        The residuals; None if one is not finite.
    """
    found = np.abs(labels.astype(np.float64) - predictions.astype(np.float64))
    if not np.isfinite(found).all():
        return None
    weights = np.ones(len(found)) if weights is None else weights.astype(np.float64)
    order = np.lexsort((weights, found))
    found, weights = found[order], weights[order]
    reached, added = np.cumsum(weights), np.square(weights).sum() / weights.sum()
    levels = reached / (reached[-1] + added)
    if len(found) > KEPT:
        places = np.searchsorted(levels, _LEVELS - _ROUNDING)
        found, levels = found[places[places < len(found)]], _LEVELS[places < len(found)]
    return Residuals(float(reached[-1] / added), levels.tolist(), found.tolist())
