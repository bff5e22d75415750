"""Finds the models that runs trained, and the steps that led to each."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.history.records import Artifact, Run, Step, TrainedModel, artifacts_in


def find_models(runs: Iterable[Run], lineages: Iterable[Mapping[str, Any]]) -> list[TrainedModel]:
    """All models, oldest first.

    Args:
        runs: Runs, oldest first, so that a cached artifact is attributed to the run that produced it.
        lineages: Lineage of each version in the serving folder, see `components.pusher.lineage`.
    """
    served: dict[int, list[Mapping[str, Any]]] = {}
    for lineage in lineages:
        served.setdefault(lineage["artifacts"]["model"]["id"], []).append(lineage)
    producers: dict[int, tuple[Run, Step]] = {}
    evaluations: dict[int, Step] = {}
    pushes: dict[int, list[Step]] = {}
    trained: list[tuple[Artifact, Run, Step]] = []
    finished = ((run, step) for run in runs for step in run.steps if step.state in ("done", "cached"))
    for run, step in finished:
        if step.component == "Trainer" and step.state == "done":
            trained += [(model, run, step) for model in step.outputs.get("model", ())]
        for artifact in artifacts_in(step.outputs):
            producers.setdefault(artifact.id, (run, step))
        for model in step.inputs.get("model", ()):
            if step.component == "Evaluator":
                evaluations[model.id] = step
            elif step.component == "Pusher":
                pushes.setdefault(model.id, []).append(step)
    return [
        TrainedModel(
            f"m{number}",
            model,
            run,
            _ancestors(step, producers),
            evaluations.get(model.id),
            pushes.get(model.id, []),
            [
                lineage["version"]
                for lineage in served.get(model.id, [])
                # Ids start again in a new store.
                if run.record.get("candidate") == lineage["candidate"]
            ],
        )
        for number, (model, run, step) in enumerate(trained, 1)
    ]


def _ancestors(last: Step, producers: Mapping[int, tuple[Run, Step]]) -> list[tuple[Run, Step]]:
    """All steps that led to `last`, and `last` itself, oldest first."""
    found: dict[int, tuple[Run, Step]] = {}
    pending = [producers[artifacts_in(last.outputs)[0].id]]
    while pending:
        run, step = pending.pop()
        if step.id not in found:
            found[step.id] = run, step
            pending += [producers[each.id] for each in artifacts_in(step.inputs) if each.id in producers]
    return [found[number] for number in sorted(found)]
