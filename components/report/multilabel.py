"""How well each label is predicted where any number of them applies to a row."""

import numpy as np

from components.features import LabelFeature
from components.metrics import find
from components.metrics.rows import Rows
from reactive_schedules.pages.content import Table

_SCORES = ("precision", "recall", "f1")
_CURVES = ("roc_auc", "pr_auc")


def label_table(rows: Rows, label: LabelFeature, threshold: str = "") -> Table:
    """Returns a table of all labels, the most frequent first.

    Args:
        rows: Labels and predictions.
        label: The label.
        threshold: When a label is answered, in words; empty for from 0.5 on.
    """
    counts = rows.labels.sum(axis=0)
    found = [
        (
            str(label.classes[place]),
            int(counts[place]),
            f"{counts[place] / len(rows.labels):.1%}",
            *_scores(rows, int(place)),
        )
        for place in np.argsort(-counts, kind="stable")
    ]
    when = threshold or "a label is answered where its probability is at least 0.5"
    return Table(
        f"By label ({when})", (label.name, "examples", "share", *_SCORES, "ROC AUC", "PR AUC"), found
    )


def _scores(rows: Rows, place: int) -> list[float | None]:
    """The scores of one label, as of a binary one; None where it has none."""
    truth, answers = rows.labels[:, place].astype(np.int64), rows.answers[:, place].astype(np.float32)
    positive = rows.predictions[:, place]
    scores = [
        find(name).score(truth, np.stack([1 - each, each], axis=1))
        for names, each in ((_SCORES, answers), (_CURVES, positive))
        for name in names
    ]
    return [score if np.isfinite(score) else None for score in scores]
