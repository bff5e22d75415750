"""The trials of a study in parallel coordinates."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from reactive_schedules.pages.charts import is_log, new_figure
from reactive_schedules.pages.content import Plot, Table, text_of
from reactive_schedules.search.page.curves import StudyRecord, TrialRecord, scored, short_name

NOT_USED = -0.2
"""Height for a parameter that a trial does not have; values are between 0 and 1."""


def parallel_coordinates(study: StudyRecord) -> Plot | None:
    """One line per trial through its values to its score; None with fewer than two scores.

    Drawn as a scatter plot, because Plotly's parallel coordinates omit trials that lack a parameter, and need WebGL.
    """
    trials, names = scored(study), searched(study)
    if len(trials) < 2 or not names:
        return None
    objective = study["objective"]["name"]
    columns = {name: [trial["values"].get(name) for trial in trials] for name in names}
    columns[objective] = [trial["score"] for trial in trials]
    axes = {name: _Axis(values) for name, values in columns.items()}
    figure = new_figure("", "", showlegend=False, margin={"b": 8})
    for place, trial in reversed(list(enumerate(trials))):
        _add_trial(
            figure, trial, place, len(trials), {name: values[place] for name, values in columns.items()}, axes
        )
    for place, axis in enumerate(axes.values()):
        _add_axis(figure, place, axis)
    _lay_out(figure, list(axes), gaps=any(None in values for values in columns.values()))
    chosen = ", ".join(
        f"{short_name(name)} {text_of(trials[0]['values'][name])}"
        for name in names
        if name in trials[0]["values"]
    )
    return Plot(
        "Parameters and score",
        figure,
        f"Each line is a trial, from its values to its {objective}; better trials have a stronger colour. The chosen "
        f"one, trial {trials[0]['number']}, is orange: {chosen}.",
        Table(
            f"Values of the trials, by {objective}",
            ("trial", *map(short_name, columns)),
            [
                (trial["number"], *(column[place] for column in columns.values()))
                for place, trial in enumerate(trials)
            ],
            frozenset([0]),
        ),
        height=380,
    )


def searched(study: StudyRecord) -> list[str]:
    """The searched parameters, in order of appearance, without those with the same value in all trials."""
    names = dict.fromkeys(name for trial in study["trials"] for name in trial["values"])
    return [name for name in names if len({str(trial["values"].get(name)) for trial in study["trials"]}) > 1]


class _Axis:
    """Maps values to heights between 0 and 1 on an axis: categories evenly, numbers proportionally."""

    def __init__(self, values: Sequence[Any]) -> None:
        present = [value for value in values if value is not None]
        numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in present)
        distinct = sorted(set(present)) if numeric else sorted(set(map(str, present)))
        self.categories: list[Any] = [] if numeric and len(distinct) > 5 else distinct
        self._scale = math.log if numeric and is_log(present) else float
        self._low: Any = distinct[0] if numeric and distinct else 0
        self._high: Any = distinct[-1] if numeric and distinct else 0

    def height(self, value: Any) -> float:
        """The height of a value, from 0 to 1, or `NOT_USED` for None."""
        if value is None:
            return NOT_USED
        if self.categories:
            known = self.categories.index(value if value in self.categories else str(value))
            return (known + 0.5) / len(self.categories)
        low, high = self._scale(self._low), self._scale(self._high)
        return (self._scale(value) - low) / (high - low)

    def ticks(self) -> list[tuple[float, str]]:
        if self.categories:
            return [(self.height(value), text_of(value)) for value in self.categories]
        return [(0, text_of(self._low)), (1, text_of(self._high))]


def _add_trial(
    figure: go.Figure,
    trial: TrialRecord,
    place: int,
    count: int,
    values: Mapping[str, Any],
    axes: Mapping[str, _Axis],
) -> None:
    """Draws the trial at `place` of `count`; the best is at 0."""
    best = place == 0
    shown = [f"{short_name(name)} {text_of(value)}" for name, value in values.items() if value is not None]
    figure.add_scatter(
        x=list(range(len(axes))),
        y=[axis.height(values[name]) for name, axis in axes.items()],
        mode="lines+markers",
        line={"color": "var(--orange)" if best else "var(--blue)", "width": 3 if best else 1.5},
        marker={"size": 7 if best else 5},
        opacity=1 if best else 0.9 - 0.65 * place / count,
        meta="\n".join([f"trial {trial['number']}", *shown]),
        hovertemplate="%{meta}",
    )


def _add_axis(figure: go.Figure, place: int, axis: _Axis) -> None:
    figure.add_shape(
        type="line",
        x0=place,
        x1=place,
        y0=0,
        y1=1,
        line={"color": "var(--line)", "width": 1},
        layer="below",
    )
    for height, text in axis.ticks():
        figure.add_annotation(
            x=place, y=height, text=text, showarrow=False, font={"size": 11}, bgcolor="var(--surface)",
            yshift=0 if axis.categories else 10 if height else -10, opacity=0.85,
        )  # fmt: skip


def _lay_out(figure: go.Figure, names: Sequence[str], gaps: bool) -> None:
    """Labels the axes, and leaves room below them if some trials lack a parameter."""
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[short_name(name) for name in names],
        side="top",
        range=[-0.35, len(names) - 0.65],
        showgrid=False,
        ticks="",
    )
    figure.update_yaxes(
        range=[-0.3 if gaps else -0.12, 1.12],
        tickvals=[NOT_USED] if gaps else [],
        ticktext=["not\nused"],
        showgrid=False,
        ticks="",
    )
