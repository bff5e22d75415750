"""The results as Markdown."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from benchmarks.tabular.compare import (
    CONSTANT,
    HEADLINE,
    PROBABILITY,
    Results,
    differences,
    errors,
    normalised,
    verdict,
)

SIGNS = {1: "+", 0: "=", -1: "−", None: "?"}

_MEANS = {
    "Accuracy, and below RMSE, which is better if less": HEADLINE,
    "Log loss": ("log_loss",),
    "AUC": ("auc",),
    "Expected calibration error": ("ece",),
    "CPU seconds of the training": ("train_cpu",),
    "CPU seconds of the whole run": ("cpu",),
}


def report(found: Results, tables: Sequence[str], models: Sequence[str], subject: str) -> str:
    """Means of each table, and how the subject compares with the other models.

    Args:
        found: All results.
        tables: Names, in order; those without results are left out.
        models: Names, in order; those without results are left out.
        subject: The model that is compared with the others.
    """
    frame = pd.DataFrame(list(found.values()))
    tables = [name for name in tables if name in set(frame["table"])]
    models = [name for name in models if name in set(frame["model"]) - {CONSTANT}]
    parts = []
    for title, measures in _MEANS.items():
        known = [measure for measure in measures if measure in frame]
        parts += [f"{title}:", _means(frame, tables, models, known)] if known else []
    if subject in models:
        parts += [f"`{subject}` against each of the others:", _summary(found, tables, models, subject)]
        parts += ["On each table:", _verdicts(found, tables, models, subject)]
    return "\n\n".join([*parts, *_notes(frame)])


def _means(frame: pd.DataFrame, tables: Sequence[str], models: Sequence[str], measures: Sequence[str]) -> str:
    """Means over seeds; a small figure tells of how many, if they are fewer than usual."""
    blocks: list[list[list[str]]] = []
    judged = set(frame.dropna(subset=measures, how="all")["model"])
    models = [model for model in models if model in judged]
    for measure in measures:
        groups = frame.dropna(subset=[measure]).groupby(["table", "model"])[measure]
        means, counts = groups.mean(), groups.size()
        usual = counts.max()

        def cell(key: tuple[str, str], means=means, counts=counts, usual=usual) -> str:
            if key not in means:
                return ""
            return number(means[key]) + (small(counts[key]) if counts[key] < usual else "")

        rows = [[table, *(cell((table, model)) for model in models)] for table in tables]
        blocks.append([row for row in rows if any(row[1:])])
    gap = [""] * (len(models) + 1)
    rows = [row for block in blocks if block for row in [gap, *block]]
    return markdown(["", *models], rows[1:])


def _summary(found: Results, tables: Sequence[str], models: Sequence[str], subject: str) -> str:
    rows = []
    scores = [
        {table: normalised(found, table, models, measures) for table in tables}
        for measures in (HEADLINE, PROBABILITY)
    ]
    for model in models:
        cells = [model, ""]
        if model != subject:
            pairs = [_differences(found, table, subject, model, HEADLINE) for table in tables]
            means = [statistics.fmean(pair) for pair in pairs if pair]
            cells[1] = f"{sum(mean > 0 for mean in means)} of {len(means)}"
        for measures, score in zip((HEADLINE, PROBABILITY), scores, strict=True):
            signs = Counter(_sign(found, table, subject, model, measures) for table in tables)
            cells.append("" if model == subject else " / ".join(str(signs[sign]) for sign in "+=−"))
            having = [by_model[model] for by_model in score.values() if model in by_model]
            few = small(len(having)) if len(having) < len(tables) else ""
            cells.append(f"{statistics.fmean(having):.3f}{few}" if having else "")
        rows.append([*cells, _cpu(found, tables, subject, model)])
    return markdown(["", "ahead", "accuracy, RMSE", "score", "log loss, RMSE", "score", "CPU ×"], rows)


def _verdicts(found: Results, tables: Sequence[str], models: Sequence[str], subject: str) -> str:
    """The sign of accuracy or RMSE, then that of log loss or RMSE."""
    others = [model for model in models if model != subject]

    def cell(table: str, model: str) -> str:
        return " ".join(_sign(found, table, subject, model, measures) for measures in (HEADLINE, PROBABILITY))

    return markdown(["", *others], [[table, *(cell(table, model) for model in others)] for table in tables])


def _sign(found: Results, table: str, subject: str, model: str, measures: Sequence[str]) -> str:
    return SIGNS[verdict(_differences(found, table, subject, model, measures))]


def _differences(
    found: Results, table: str, subject: str, model: str, measures: Sequence[str]
) -> list[float]:
    ours, theirs = (errors(found, table, name, measures) for name in (subject, model))
    return differences(ours, theirs)


def _cpu(found: Results, tables: Sequence[str], subject: str, model: str) -> str:
    """CPU seconds of a training over those of the subject, geometric mean over the tables of both."""
    ratios = []
    for table in tables:
        theirs, ours = (errors(found, table, name, ["train_cpu"]).values() for name in (model, subject))
        if theirs and ours:
            ratios.append(statistics.fmean(theirs) / statistics.fmean(ours))
    return f"{statistics.geometric_mean(ratios):.2g}" if ratios else ""


def _notes(frame: pd.DataFrame) -> Iterator[str]:
    if "failed" in frame:
        for model, count in frame.dropna(subset=["failed"])["model"].value_counts().items():
            cases = "case, which counts" if count == 1 else "cases, which count"
            yield f"{model} made no prediction in {count} {cases} as the constant prediction."
    if "version" in frame:
        for model, count in frame.groupby("model")["version"].nunique().items():
            if count > 1:
                yield f"The results of {model} are of {count} versions of the code."


def number(value: float) -> str:
    """Four digits, and no more than three after the point."""
    decimals = 3 - math.floor(math.log10(abs(value))) if value else 3
    return f"{value:.{min(3, max(0, decimals))}f}"


def small(count: int) -> str:
    """A number as superscript."""
    return str(count).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def markdown(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that can be read as text, too: names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"| {cells[0].ljust(widths[0])} | {' | '.join(padded[1:])} |"

    rule = [f"{'-' * widths[0]}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join(map(line, [heading, rule, *rows]))
