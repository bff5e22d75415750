"""The page of a study."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reactive_schedules import durable
from reactive_schedules.extras import brought_by
from reactive_schedules.pages import shell
from reactive_schedules.pages.charts import is_log
from reactive_schedules.pages.content import Block, Facts, Page, Text, Tile, text_of
from reactive_schedules.pages.sections import Sections
from reactive_schedules.search.page import figures, tables, whereabouts
from reactive_schedules.search.page.curves import StudyRecord, scored, short_name
from reactive_schedules.search.page.parallel_coordinates import parallel_coordinates, searched
from reactive_schedules.search.progress import Progress, counted

if TYPE_CHECKING:
    import optuna


REFRESH_S = 30
"""Seconds after which a browser loads the page of a running search again."""


def write(study: StudyRecord, path: str | Path, progress: Progress | None = None) -> None:
    """Writes the page of a study, even if all trials failed. The file is replaced as a whole.

    Args:
        study: Contents of a `study.json`; see `reactive_schedules.search.study.study_record`.
        path: Path of the HTML file.
        progress: Progress of a search that is still running.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    durable.write(Path(path), shell.render(page_of(study, progress)).encode())


def page_of(study: StudyRecord, progress: Progress | None = None) -> Page:
    """The page as data."""
    objective, trials, best = study["objective"], study["trials"], scored(study)
    failed = sum(trial["state"] == "failed" for trial in trials)
    winner = best[0] if best else None
    goal = "smallest" if objective["direction"] == "min" else "largest"
    tiles = [
        Tile(
            f"{'Chosen' if study.get('choice') else 'Best'} {objective['name']}",
            text_of(winner["score"]) if winner else "none",
            f"trial {winner['number']}, {winner['training']['learning_rate']['family']}" if winner else "",
        ),
        Tile("Trials", text_of(len(trials)), f"{failed} failed" if failed else "none failed"),
        Tile(
            "Epochs",
            text_of(study["cost"]["epochs"]),
            f"{text_of(study['cost']['updates'])} parameter updates",
        ),
        Tile("Time", duration(study["cost"]["seconds"]), "total of all trials"),
    ]
    sections = Sections()
    if progress:
        sections.add("Running", lambda: whereabouts.running(progress))
    sections.add(
        "Best score",
        lambda: answer(study, progress),
        lambda: filter(None, [figures.best_so_far(study)]),
        lambda: pareto(study),
    )
    if study.get("confirmation"):
        sections.add("Confirmation", lambda: tables.confirmation(study))
    sections.add("Parameters", lambda: parameters(study))
    sections.add("Curves", lambda: curves(study))
    sections.add("Trials", lambda: tables.trials(study), lambda: whereabouts.lost_attempts(study))
    if failed:
        sections.add("Failures", lambda: [tables.failures(study)])
    among = (
        f"{counted(progress)} so far"
        if progress
        else f"{text_of(len(trials))} trial{'s' * (len(trials) != 1)}"
    )
    return Page(
        title="Search for a schedule",
        lead=f"The {goal} {objective['name']} among {among}.",
        sections=sections.drawn,
        verdict="running" if progress else "",
        tiles=tiles,
        refresh_s=REFRESH_S if progress else None,
    )


def answer(study: StudyRecord, progress: Progress | None = None) -> Iterator[Block]:
    """The values of the chosen trial."""
    ranked = scored(study)
    if not ranked and progress:
        yield Text("No trial has a score yet.")
        return
    if not ranked:
        yield Text("No trial has a score; see Failures.", tone="bad")
        return
    yield from choice(study)
    values = ranked[0]["values"]
    yield Facts(
        [
            (
                "Chosen trial" if study.get("choice") else "Best trial",
                f"{ranked[0]['number']}, {study['objective']['name']} {text_of(ranked[0]['score'])}",
            ),
            *((short_name(name), text_of(value)) for name, value in values.items()),
        ]
    )


def choice(study: StudyRecord) -> Iterator[Block]:
    """Why the search ended before all trials, and why the trial was chosen, if not for its score alone."""
    for said in filter(None, (study.get("ended_early"), study.get("choice"))):
        yield Text(f"{said[0].upper()}{said[1:]}.")


def parameters(study: StudyRecord) -> Iterator[Block]:
    """The relation of values and scores."""
    if plot := parallel_coordinates(study):
        yield plot
    else:
        yield Text("Comparing parameters needs at least two trials with a score.")
        return
    weights = importances(study)
    if weights:
        yield figures.importance(study, weights)


def curves(study: StudyRecord) -> Iterator[Block]:
    """The learning curves and learning rates of the trials."""
    yield from filter(None, [figures.learning_curves(study), figures.rate_curves(study)])


def pareto(study: StudyRecord) -> Iterator[Block]:
    """The trade-off with the second objective, if there is one."""
    second = study["second_objective"]
    if second and scored(study):
        rebuilt = rebuild(study, second)
        yield figures.pareto_front(study, frozenset(t.user_attrs["number"] for t in rebuilt.best_trials))


def importances(study: StudyRecord) -> dict[str, float]:
    """The importance of each searched parameter, by conditional PED-ANOVA (arXiv 2304.10255, 2601.20800)."""
    with brought_by("search"):
        import optuna

    names = searched(study)
    rebuilt = rebuild(study)
    if not names or len(rebuilt.trials) < 4 or len({trial.value for trial in rebuilt.trials}) < 2:
        return {}
    return optuna.importance.get_param_importances(rebuilt, params=names)


def rebuild(study: StudyRecord, second: str | None = None) -> "optuna.Study":
    """The trials with a score as an Optuna study; each has its `number` as a user attribute."""
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution
    from optuna.study import StudyDirection

    trials = scored(study)
    names = dict.fromkeys(name for trial in trials for name in trial["values"])
    distributions = {}
    for name in names:
        values = [trial["values"][name] for trial in trials if name in trial["values"]]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            distributions[name] = FloatDistribution(min(values), max(values), log=is_log(values))
        else:
            distributions[name] = CategoricalDistribution(sorted({str(value) for value in values}))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction = (
        StudyDirection.MINIMIZE if study["objective"]["direction"] == "min" else StudyDirection.MAXIMIZE
    )
    rebuilt = optuna.create_study(directions=[direction, *([StudyDirection.MINIMIZE] if second else [])])
    for trial in trials:
        values = {
            name: value if isinstance(distributions[name], FloatDistribution) else str(value)
            for name, value in trial["values"].items()
        }
        rebuilt.add_trial(
            optuna.create_trial(
                params=values,
                distributions={name: distributions[name] for name in values},
                values=[trial["score"], *([trial[second]] if second else [])],
                user_attrs={"number": trial["number"]},
            )
        )
    return rebuilt


def duration(seconds: float) -> str:
    """A duration in seconds, minutes and seconds, or hours and minutes."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
