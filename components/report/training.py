"""The section about the training of a run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components.evaluator import words
from components.report.asked import given
from components.report.members import members_table
from reactive_schedules.pages.charts import axis_for, from_one
from reactive_schedules.pages.content import Facts, Plot, Section, Table, Text
from reactive_schedules.plateau.description import epochs_done, mark, when

_OF_SCHEDULE = {"learning_rate": "green", "batch_size": "purple"}


def training(record: Mapping[str, Any]) -> Section:
    """Returns the section about the training.

    Args:
        record: Contents of `record.json` in a `TrainingRecord`. Of an ensemble, the first model is shown as a single
            one would be, and the curves of the others as thin lines.
    """
    ensemble, members = record.get("ensemble"), record.get("members", ())
    spec, history, decisions = record["training"], record["history"], record["decisions"]
    rate = dict(spec["learning_rate"])
    family = rate.pop("family")
    best = "" if record["best_epoch"] is None else f", the best was epoch {record['best_epoch'] + 1}"
    start = (
        f"the weights of version {record['base_model']}"
        if record.get("base_model")
        else "newly initialised weights"
    )
    of_first = " (first model)" if ensemble else ""
    rows = [
        ("Schedule", f"{family}: {', '.join(given(rate))}"),
        ("Epochs", f"{len(history['loss'])} of at most {spec['epochs']}{best}{of_first}"),
        ("Start", start),
    ]
    if ensemble:
        rows.append(("Ensemble", [words.ensemble(ensemble), words.seeds(ensemble)]))
    blocks = [Facts(rows), _plot(history, decisions, [member["history"] for member in members[1:]])]
    if ensemble:
        blocks.append(members_table(ensemble, members, spec["plateau"]))
    if decisions:
        rows = [
            (when(d).removeprefix("epoch "), d["reason"], d["new_rate"], d["new_batch_size"])
            for d in decisions
        ]
        blocks.append(
            Table(f"Decisions{of_first}", ("after epoch", "reason", "learning rate", "batch size"), rows)
        )
    elif spec["plateau"]:
        blocks.append(Text("No plateau was detected, so the schedule ran unchanged."))
    return Section("Training", blocks)


def _plot(history: Mapping[str, Sequence], decisions: Sequence[Mapping], others: Sequence[Mapping]) -> Plot:
    metric = next((name for name in history if f"val_{name}" in history and name != "loss"), None)
    panels = ["loss", *([metric] if metric else []), "learning_rate", "batch_size"]
    heights = [3.0 if name == "loss" else 2.0 if name == metric else 1.2 for name in panels]
    # The decisions have a separate strip, where no other points react to hovering.
    strip = 1 if decisions else 0
    figure = make_subplots(
        rows=strip + len(panels),
        shared_xaxes=True,
        vertical_spacing=0.03,
        row_heights=[0.35] * strip + heights,
    )
    epochs = from_one(history["loss"])
    for row, name in enumerate(panels, 1 + strip):
        validation = history.get(f"val_{name}")
        for label, values, colour in _lines(name, history):
            stepped = {"shape": "hvh"} if name in _OF_SCHEDULE else {}
            figure.add_scatter(
                x=epochs,
                y=values,
                mode="lines" if len(epochs) > 1 else "markers",
                line={"color": f"var(--{colour})", "width": 2, **stepped},
                name=label,
                legendgroup=label,
                showlegend=name == "loss",
                meta=f"{label} {name.replace('_', ' ')}",
                hovertemplate="%{meta}\nepoch %{x}: %{y:,.4g}",
                row=row,
                col=1,
            )
        shown = [*history[name], *(validation or ())]
        for each in others:
            label, values, colour = list(_lines(name, each))[-1]
            figure.add_scatter(
                x=from_one(each["loss"]),
                y=values,
                mode="lines" if len(each["loss"]) > 1 else "markers",
                line={
                    "color": f"var(--{colour})",
                    "width": 1,
                    **({"shape": "hvh"} if name in _OF_SCHEDULE else {}),
                },
                opacity=0.5,
                showlegend=False,
                hoverinfo="skip",
                row=row,
                col=1,
            )
            shown.extend(values)
        axis = (
            {"rangemode": "tozero"} if name == "batch_size" else axis_for(shown, sparse=name in _OF_SCHEDULE)
        )
        figure.update_yaxes(title_text=_panel_title(name), row=row, col=1, **axis)
    figure.update_xaxes(title_text="epoch", row=strip + len(panels), col=1)
    _mark(figure, decisions)
    figure.update_layout(hovermode="closest", margin={"t": 30})
    return Plot(
        "Loss, metric, learning rate and batch size",
        figure,
        _alt(history, decisions) + (" The first model; thin lines are the others." if others else ""),
        Table(
            "History of the first model" if others else "History",
            ("epoch", *(name.replace("_", " ") for name in history)),
            [
                (epoch, *values)
                for epoch, values in zip(epochs, zip(*history.values(), strict=True), strict=True)
            ],
        ),
        height=150 + 130 * len(panels),
    )


def _lines(name: str, history: Mapping[str, Sequence]) -> Iterator[tuple[str, Sequence, str]]:
    """Yields label, values and colour of each line in a panel."""
    if name in _OF_SCHEDULE:
        yield "", history[name], _OF_SCHEDULE[name]
        return
    yield "training", history[name], "grey"
    if f"val_{name}" in history:
        yield "validation", history[f"val_{name}"], "blue"


def _panel_title(name: str) -> str:
    return {"learning_rate": "rate", "batch_size": "batch", "mean_absolute_error": "abs. error"}.get(
        name, name
    )


def _mark(figure: go.Figure, decisions: Sequence[Mapping]) -> None:
    """Draws a line through all panels where a decision was made, and a marker with the reason above them."""
    for decision in decisions:
        colour = f"var(--{mark(decision['kind']).colour})"
        figure.add_vline(x=epochs_done(decision), line={"color": colour, "width": 1, "dash": "dash"})
    for kind in dict.fromkeys(decision["kind"] for decision in decisions):
        look, made = mark(kind), [decision for decision in decisions if decision["kind"] == kind]
        figure.add_scatter(
            x=[epochs_done(decision) for decision in made],
            y=[0] * len(made),
            mode="markers",
            marker={"symbol": look.symbol, "size": 13, "color": f"var(--{look.colour})"},
            cliponaxis=False,
            name=look.words,
            customdata=[_reason(decision) for decision in made],
            hovertemplate="%{customdata}",
            row=1,
            col=1,
        )
    if decisions:
        figure.update_yaxes(visible=False, range=[-1, 1], row=1, col=1)
        figure.update_xaxes(showgrid=False, ticks="", row=1, col=1)


def _reason(decision: Mapping[str, Any]) -> str:
    changes = []
    if decision["new_rate"] != decision["old_rate"]:
        changes.append(f"rate {decision['old_rate']:.3g} → {decision['new_rate']:.3g}")
    if decision["new_batch_size"] != decision["old_batch_size"]:
        changes.append(f"batch {decision['old_batch_size']:,} → {decision['new_batch_size']:,}")
    return "\n".join(
        [f"after {when(decision)}: {mark(decision['kind']).words}", decision["reason"], *changes]
    )


def _alt(history: Mapping[str, Sequence], decisions: Sequence[Mapping]) -> str:
    watched = "val_loss" if "val_loss" in history else "loss"
    values = [value for value in history[watched] if value is not None]
    fall = (
        f"{watched} from {values[0]:.4g} to {values[-1]:.4g}, at best {min(values):.4g}; " if values else ""
    )
    rates = [value for value in history["learning_rate"] if value is not None]
    made = ", ".join(f"{mark(decision['kind']).words} after {when(decision)}" for decision in decisions)
    span = f"learning rate between {min(rates):.3g} and {max(rates):.3g}" if rates else ""
    return f"By epoch: {fall}{span}. {made[:1].upper()}{made[1:]}{'.' if made else ''}".strip()
