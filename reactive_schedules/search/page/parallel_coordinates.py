"""A study's trials as lines through their values."""

import math
from collections.abc import Sequence
from typing import Any

from reactive_schedules.pages.charts import is_log, new_figure
from reactive_schedules.pages.content import Plot, Table, text_of
from reactive_schedules.search.page.curves import Study, scored, short_name


def parallel_coordinates(study: Study) -> Plot | None:
    """A line per trial through all its values to its score; None with less than two scores.

    Drawn as lines of a scatter plot: Plotly's own parallel coordinates leave out what conditional parameters
    leave open, and need WebGL.
    """
    trials = scored(study)
    names = searched(study)
    if len(trials) < 2 or not names:
        return None
    objective = study["objective"]["name"]
    columns = {name: [trial["values"].get(name) for trial in trials] for name in names}
    columns[objective] = [trial["score"] for trial in trials]
    axes = {name: _Axis(values) for name, values in columns.items()}
    figure = new_figure("", "", showlegend=False, margin={"b": 8})
    for place, trial in reversed(list(enumerate(trials))):
        heights = [axis.height(columns[name][place]) for name, axis in axes.items()]
        values = "<br>".join(
            f"{short_name(name)} {text_of(values[place])}"
            for name, values in columns.items()
            if values[place] is not None
        )
        figure.add_scatter(
            x=list(range(len(axes))),
            y=heights,
            mode="lines+markers",
            line={
                "color": "var(--orange)" if place == 0 else "var(--blue)",
                "width": 3 if place == 0 else 1.5,
            },
            marker={"size": 7 if place == 0 else 5},
            # The better, the clearer.
            opacity=1 if place == 0 else 0.9 - 0.65 * place / len(trials),
            hovertemplate=f"trial {trial['number']}<br>{values}<extra></extra>",
        )
    for place, axis in enumerate(axes.values()):
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
    skipped = any(None in values for values in columns.values())
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(axes))),
        ticktext=[short_name(name) for name in axes],
        side="top",
        range=[-0.35, len(axes) - 0.65],
        showgrid=False,
        ticks="",
    )
    figure.update_yaxes(
        range=[-0.3 if skipped else -0.12, 1.12],
        tickvals=[-0.2] if skipped else [],
        ticktext=["not<br>used"],
        showgrid=False,
        ticks="",
    )
    rows = [
        (trial["number"], *(column[place] for column in columns.values()))
        for place, trial in enumerate(trials)
    ]
    best = ", ".join(
        f"{short_name(name)} {text_of(trials[0]['values'][name])}"
        for name in names
        if name in trials[0]["values"]
    )
    return Plot(
        "Parameters and score",
        figure,
        f"Each line is a trial, from its values to its {objective}; the better, the clearer. Orange is the best, "
        f"trial {trials[0]['number']}: {best}.",
        Table(
            f"Values of the trials, by {objective}",
            ("trial", *map(short_name, columns)),
            rows,
            frozenset([0]),
        ),
        height=380,
    )


class _Axis:
    """Where values lie between 0 and 1 on one axis of the parallel coordinates."""

    def __init__(self, values: Sequence[Any]):
        present = [value for value in values if value is not None]
        numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in present)
        distinct = sorted(set(present)) if numeric else sorted(set(map(str, present)))
        self.categories = [] if numeric and len(distinct) > 5 else distinct
        self._scale = math.log if numeric and is_log(present) else float
        self._low, self._high = (distinct[0], distinct[-1]) if numeric and distinct else (0, 0)

    def height(self, value: Any) -> float:
        """0 to 1; below 0 for a parameter that the trial does not have."""
        if value is None:
            return -0.2
        if self.categories:
            known = self.categories.index(value if value in self.categories else str(value))
            return (known + 0.5) / len(self.categories)
        low, high = self._scale(self._low), self._scale(self._high)
        return (self._scale(value) - low) / (high - low)

    def ticks(self) -> list[tuple[float, str]]:
        if self.categories:
            return [(self.height(value), text_of(value)) for value in self.categories]
        return [(0, text_of(self._low)), (1, text_of(self._high))]


def searched(study: Study) -> list[str]:
    """The searched parameters, in order of appearance; those that no two trials differ in are left out."""
    names = dict.fromkeys(name for trial in study["trials"] for name in trial["values"])
    return [name for name in names if len({str(trial["values"].get(name)) for trial in study["trials"]}) > 1]
