"""Plots of a study."""

from collections.abc import Mapping, Sequence

from reactive_schedules.pages.charts import axis_for, from_one, new_figure
from reactive_schedules.pages.content import Plot, Table
from reactive_schedules.search.page.curves import (
    AskRecord,
    StudyRecord,
    TrialRecord,
    asks,
    curve,
    scored,
    short_name,
    sign,
)

TOP = 5
"""Number of trials whose learning rates are drawn."""


def best_so_far(study: StudyRecord) -> Plot | None:
    """The best score by the epochs spent on the search; None if no trial has a score."""
    name = study["objective"]["name"]
    points = [(ask, ask.score) for ask in asks(study) if ask.score is not None]
    if not points:
        return None
    steps: list[tuple[AskRecord, float]] = []
    for point in points:
        better = not steps or sign(study) * point[1] < sign(study) * steps[-1][1]
        steps.append(point if better else steps[-1])
    spent = [ask.spent for ask, _ in points]
    figure = new_figure("epochs spent by the search", name)
    figure.add_scatter(
        x=spent,
        y=[score for _, score in points],
        mode="markers",
        name="a trial",
        marker={"color": "var(--grey)", "size": 7},
        customdata=[str(ask) for ask, _ in points],
        meta=name,
        hovertemplate="%{customdata}\n%{meta} %{y:.4g}\nafter %{x:,} epochs",
    )
    figure.add_scatter(
        x=spent,
        y=[score for _, score in steps],
        mode="lines",
        line={"shape": "hv", "width": 2.5, "color": "var(--blue)"},
        name="best so far",
        hovertemplate="best so far %{y:.4g}\nafter %{x:,} epochs",
    )
    figure.update_yaxes(**axis_for(score for _, score in points))
    figure.update_xaxes(rangemode="tozero")
    best, best_score = steps[-1]
    chosen = scored(study)[0]
    why = f": {study['choice']}" if study.get("choice") else ", because it was not stopped early"
    choice = f" Trial {chosen['number']} was chosen, with {chosen['score']:.4g}{why}."
    rows = [(str(ask), ask.spent, score, top) for (ask, score), (_, top) in zip(points, steps, strict=True)]
    return Plot(
        f"Best {name} so far",
        figure,
        f"The best {name} is {best_score:.4g} ({best}), found after {best.spent:,} of "
        f"{spent[-1]:,} epochs.{choice if best_score != chosen['score'] else ''}",
        Table(f"{name} by epochs spent", ("trial", "epochs spent", name, "best so far"), rows),
    )


def importance(study: StudyRecord, weights: Mapping[str, float]) -> Plot:
    """The importance of each parameter for the best trials."""
    ordered = sorted(weights.items(), key=lambda item: item[1])
    figure = new_figure("importance (share)", "", showlegend=False)
    figure.add_bar(
        x=[weight for _, weight in ordered],
        y=[short_name(name) for name, _ in ordered],
        orientation="h",
        marker={"color": "var(--blue)"},
        hovertemplate="%{y}: %{x:.0%}",
        width=0.6,
    )
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(type="category")
    name, weight = ordered[-1]
    trials = len(scored(study))
    hint = f" With only {trials} trials, this is a rough estimate." if trials < 20 else ""
    return Plot(
        "Parameter importance",
        figure,
        f"{short_name(name)} accounts for {weight:.0%} of the difference between the best trials and the rest "
        f"(PED-ANOVA, arXiv 2304.10255).{hint}",
        Table(
            "Importance by parameter",
            ("parameter", "importance"),
            [(short_name(path), share) for path, share in reversed(ordered)],
        ),
        height=110 + 34 * len(ordered),
    )


def learning_curves(study: StudyRecord) -> Plot | None:
    """The objective by epoch, one line per trial, with the ends of rungs marked."""
    name, trials = study["objective"]["name"], scored(study)
    curves = {trial["number"]: curve(trial, name) for trial in trials}
    if not any(curves.values()):
        return None
    figure = new_figure("epoch", name)
    for trial in reversed(trials):
        chosen = trial["number"] == study["best"]
        ended = "" if trial["rung"] is None else f", ended at rung {trial['rung']}"
        figure.add_scatter(
            x=from_one(curves[trial["number"]]),
            y=curves[trial["number"]],
            # A single epoch needs a marker, because it has no line.
            mode="lines" if len(curves[trial["number"]]) > 1 else "markers",
            name=f"chosen: trial {trial['number']}" if chosen else "other trials",
            showlegend=chosen or trial is trials[-1],
            legendgroup="chosen" if chosen else "others",
            opacity=1 if chosen else 0.6,
            line={
                "width": 3 if chosen else 1.3,
                "color": "var(--orange)" if chosen else _rung_colour(study, trial),
            },
            meta=f"trial {trial['number']}{ended}",
            hovertemplate="%{meta}\nepoch %{x}: %{y:.4g}",
        )
    for rung in study["rungs"][:-1]:
        figure.add_vline(x=rung["epochs"], line={"color": "var(--grey)", "dash": "dot", "width": 1})
        figure.add_annotation(
            x=rung["epochs"], y=1, yref="paper", yanchor="top", xanchor="left", showarrow=False, font={"size": 11},
            text=f"rung {rung['rung']}: {len(rung['promoted'])} of {len(rung['trials'])} promoted",
        )  # fmt: skip
    figure.update_yaxes(**axis_for(value for values in curves.values() for value in values))
    rows = [(number, len(values), *_milestones(values)) for number, values in curves.items()]
    marked = "; dotted lines mark the ends of rungs" if len(study["rungs"]) > 1 else ""
    return Plot(
        "Learning curves",
        figure,
        f"{name} by epoch for the {_trials(len(curves))} with a score. The chosen trial is orange{marked}.",
        Table(f"{name} of each trial", ("trial", "epochs", "first", "middle", "last"), rows, frozenset([0])),
    )


def _rung_colour(study: StudyRecord, trial: TrialRecord) -> str:
    last = len(study["rungs"]) - 1
    return "var(--grey)" if trial["rung"] is not None and trial["rung"] < last else "var(--blue)"


def _milestones(values: Sequence[float | None]) -> tuple[float | None, ...]:
    return (values[0], values[len(values) // 2], values[-1]) if values else (None,) * 3


def rate_curves(study: StudyRecord) -> Plot | None:
    """The learning rates of the best trials, by epoch."""
    trials = scored(study)[:TOP]
    curves = {trial["number"]: curve(trial, "learning_rate") for trial in trials}
    if not any(curves.values()):
        return None
    figure = new_figure("epoch", "learning rate")
    dashes = ("solid", "dash", "dot", "dashdot", "longdash")
    for trial, dash in zip(trials, dashes, strict=False):
        family = trial["training"]["learning_rate"]["family"]
        figure.add_scatter(
            x=from_one(curves[trial["number"]]),
            y=curves[trial["number"]],
            mode="lines" if len(curves[trial["number"]]) > 1 else "markers",
            line={"shape": "hvh", "dash": dash, "width": 2},
            name=f"{trial['number']}: {family}",
            meta=f"trial {trial['number']}, {family}",
            hovertemplate="%{meta}\nepoch %{x}: %{y:.3g}",
        )
    figure.update_yaxes(**axis_for(value for values in curves.values() for value in values))
    rows = [
        (number, trial["training"]["learning_rate"]["family"], *_milestones(curves[number]))
        for number, trial in zip(curves, trials, strict=True)
    ]
    return Plot(
        f"Learning rates of the best {_trials(len(trials))}"
        if len(trials) > 1
        else "Learning rate of the only trial",
        figure,
        "Learning rate at the end of each epoch, including cuts at plateaus. The legend lists trial and family, the "
        "chosen trial first.",
        Table("Learning rate of each trial", ("trial", "family", "first", "middle", "last"), rows),
    )


def pareto_front(study: StudyRecord, front: frozenset[int]) -> Plot:
    """The score by the second objective, with a line through the Pareto front."""
    name, second = study["objective"]["name"], study["second_objective"]
    trials = sorted(scored(study), key=lambda trial: trial[second])
    figure = new_figure(second, name)
    for label, colour, mode, shown in (
        ("other trials", "var(--grey)", "markers", [t for t in trials if t["number"] not in front]),
        ("Pareto front", "var(--orange)", "lines+markers", [t for t in trials if t["number"] in front]),
    ):
        figure.add_scatter(
            x=[trial[second] for trial in shown],
            y=[trial["score"] for trial in shown],
            mode=mode,
            name=label,
            line={"shape": "hv", "color": colour},
            marker={"color": colour, "size": 8},
            customdata=[trial["number"] for trial in shown],
            meta=[second, name],
            hovertemplate="trial %{customdata}\n%{meta[0]} %{x:,.4g}\n%{meta[1]} %{y:.4g}",
        )
    for update, values in ((figure.update_xaxes, second), (figure.update_yaxes, "score")):
        update(**axis_for([trial[values] for trial in trials]))
    rows = [(t["number"], t[second], t["score"], "yes" if t["number"] in front else "no") for t in trials]
    return Plot(
        f"{name} against {second}",
        figure,
        f"{len(front)} of {_trials(len(trials))} on the Pareto front: no other trial has both a better {name} and "
        f"fewer {second}.",
        Table(f"{name} and {second} of the trials", ("trial", second, name, "on the front"), rows),
    )


def _trials(count: int) -> str:
    return f"{count} trial{'' if count == 1 else 's'}"
