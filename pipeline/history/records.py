"""Runs, their steps, and the models they made, as the metadata store has them."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from components import serving
from pipeline import process
from pipeline.errors import UserError
from pipeline.history.store import snapshot

_STATES = {"COMPLETE": "done", "CACHED": "cached", "FAILED": "failed", "CANCELED": "interrupted"}


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An artifact.

    Attributes:
        id: in the store.
        path: where its files lie.
        properties: the custom ones too.
    """

    id: int
    path: Path
    properties: Mapping[str, Any]

    def json(self, name: str) -> dict[str, Any]:
        """A JSON file of it; empty if it is gone."""
        try:
            return json.loads((self.path / name).read_text())
        except OSError:
            return {}


@dataclasses.dataclass(frozen=True)
class Step:
    """One component in one run.

    Attributes:
        id: of the execution.
        component: name in the pipeline.
        state: `done`, `cached`, `failed`, `running` or `interrupted`.
        seconds: from its registration to its last news.
        properties: execution properties.
        inputs, outputs: artifacts by key.
    """

    id: int
    component: str
    state: str
    seconds: float
    properties: Mapping[str, Any]
    inputs: Mapping[str, list[Artifact]]
    outputs: Mapping[str, list[Artifact]]


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a pipeline.

    Attributes:
        id: short, `r1` for the first in the store.
        name: TFX's id.
        pipeline: its name.
        started: seconds since 1970.
        state: `done`, `failed`, `running` or `interrupted`.
        error: of the component that failed; empty if none did.
        record: see `pipeline.run_record`; empty if something else than this project ran the pipeline.
        steps: in the order they began.
    """

    id: str
    name: str
    pipeline: str
    started: float
    state: str
    error: str
    record: Mapping[str, Any]
    steps: list[Step]

    def step(self, component: str) -> Step | None:
        """The step of a component."""
        return next((step for step in self.steps if step.component == component), None)

    def output(self, component: str, key: str) -> Artifact | None:
        """An output artifact of a component."""
        step = self.step(component)
        return step.outputs[key][0] if step and step.outputs.get(key) else None


@dataclasses.dataclass(frozen=True)
class Model:
    """One trained model.

    Attributes:
        id: short, `m1` for the first in the store.
        artifact: the Trainer's.
        run: that trained it.
        steps: that it came from, and the run of each; the data first, the Trainer last.
        evaluated: the last step that evaluated it, if any.
        pushes: steps that were to push it.
    """

    id: str
    artifact: Artifact
    run: Run
    steps: list[tuple[Run, Step]]
    evaluated: Step | None
    pushes: list[Step]

    def step(self, component: str) -> Step | None:
        """The step of a component that it came from."""
        return next((step for _, step in self.steps if step.component == component), None)

    @property
    def versions(self) -> list[int]:
        """Under which it was pushed, oldest first."""
        pushed = (artifact for step in self.pushes for artifact in step.outputs.get("pushed_model", ()))
        found = (artifact.properties.get("pushed_version") for artifact in pushed)
        return sorted({int(version) for version in found if version})


class History:
    """All runs and models of a workspace.

    Raises:
        UserError: the workspace has no metadata store.
    """

    def __init__(self, workspace: Path):
        self.workspace = workspace
        self.serving = workspace / "serving"
        with snapshot(workspace) as store:
            self._read(store)

    def _read(self, store) -> None:
        events = {}
        executions = store.get_executions()
        for event in (
            store.get_events_by_execution_ids([each.id for each in executions]) if executions else []
        ):
            events.setdefault(event.execution_id, []).append(event)
        artifacts = {each.id: self._artifact(each) for each in store.get_artifacts()}
        components, pipelines = {}, {}
        for context in store.get_contexts_by_type("node"):
            pipeline, _, component = context.name.rpartition(".")
            for execution in store.get_executions_by_context(context.id):
                components[execution.id], pipelines[execution.id] = component, pipeline
        steps = {
            each.id: _step(each, components.get(each.id, each.type), events.get(each.id, ()), artifacts)
            for each in executions
        }
        contexts = sorted(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id)
        self.runs = []
        for number, context in enumerate(contexts, 1):
            members = [steps[each.id] for each in store.get_executions_by_context(context.id)]
            members.sort(key=lambda step: step.id)
            pipeline = next((pipelines.get(step.id, "") for step in members), "")
            self.runs.append(_run(f"r{number}", context, pipeline, members))

    def _artifact(self, proto) -> Artifact:
        path = Path(proto.uri)
        if not path.exists():
            # The workspace may have been moved.
            path = self.workspace / "artifacts" / proto.uri.partition("/artifacts/")[2]
        return Artifact(proto.id, path, _values(proto))

    @cached_property
    def models(self) -> list[Model]:
        """All models, oldest first."""
        producers: dict[int, tuple[Run, Step]] = {}
        evaluations: dict[int, Step] = {}
        pushes: dict[int, list[Step]] = {}
        for run in self.runs:
            for step in run.steps:
                for artifact in _flat(step.outputs) if step.state in ("done", "cached") else ():
                    producers.setdefault(artifact.id, (run, step))
                subjects = [artifact.id for artifact in step.inputs.get("model", ())]
                for subject in subjects if step.state in ("done", "cached") else ():
                    if step.component == "Evaluator":
                        evaluations[subject] = step
                    elif step.component == "Pusher":
                        pushes.setdefault(subject, []).append(step)
        trained = [
            (artifact, run, step)
            for artifact_id, (run, step) in sorted(producers.items())
            if step.component == "Trainer"
            for artifact in step.outputs.get("model", ())
            if artifact.id == artifact_id
        ]
        return [
            Model(
                f"m{number}",
                artifact,
                run,
                _ancestors(step, producers),
                evaluations.get(artifact.id),
                pushes.get(artifact.id, []),
            )
            for number, (artifact, run, step) in enumerate(trained, 1)
        ]

    def find(self, name: str) -> Run | Model:
        """The run or model that a person means.

        Args:
            name: `r` or `m` and a number, TFX's id of a run, or a version.

        Raises:
            UserError: there is none.
        """
        for each in (*self.runs, *self.models):
            if name == each.id or (isinstance(each, Run) and name == each.name):
                return each
        for model in reversed(self.models):
            if name in map(str, model.versions):
                return model
        raise UserError(
            f"no run, model or version {name!r} in {self.workspace}; "
            f"there are {_range(self.runs, 'run')} and {_range(self.models, 'model')}"
        )

    def model_of(self, run: Run) -> Model | None:
        """What a run trained, or took from the cache."""
        artifact = run.output("Trainer", "model")
        return next((model for model in self.models if artifact and model.artifact.id == artifact.id), None)

    def state_of(self, model: Model) -> str:
        """What became of a model, in words."""
        production, withdrawn = serving.production(self.serving), serving.withdrawn(self.serving)
        if production in model.versions:
            return "in production"
        if model.versions:
            last = model.versions[-1]
            if last in withdrawn:
                return "withdrawn"
            return "superseded" if serving.locate(self.serving, last) else "removed"
        if model.evaluated is None:
            return "not evaluated"
        blessed = model.evaluated.outputs["blessing"][0].properties.get("blessed")
        return "not pushed" if blessed else "not blessed"


def _range(entries: list, kind: str) -> str:
    if not entries:
        return f"no {kind}s"
    return f"{kind}s {entries[0].id} to {entries[-1].id}" if len(entries) > 1 else f"{kind} {entries[0].id}"


def _run(name: str, context, pipeline: str, steps: list[Step]) -> Run:
    properties = _values(context)
    record = json.loads(properties.get("record", "{}"))
    states = {step.state for step in steps}
    if "outcome" in properties:
        state = properties["outcome"]
    elif record:
        state = "running" if process.runs(record["process"]) else "interrupted"
    else:
        state = "failed" if "failed" in states else "interrupted" if "running" in states else "done"
    if state != "running":
        # The store is told of no end when the process is killed.
        steps = [
            dataclasses.replace(step, state="interrupted") if step.state == "running" else step
            for step in steps
        ]
    started = context.create_time_since_epoch / 1000
    return Run(name, context.name, pipeline, started, state, properties.get("error", ""), record, steps)


def _step(execution, component: str, events: Iterable, artifacts: Mapping[int, Artifact]) -> Step:
    from ml_metadata.proto import metadata_store_pb2 as pb

    sides: dict[bool, dict[str, list[Artifact]]] = {False: {}, True: {}}
    for event in events:
        output = event.type in (pb.Event.OUTPUT, pb.Event.DECLARED_OUTPUT, pb.Event.PENDING_OUTPUT)
        key = next((step.key for step in event.path.steps if step.HasField("key")), "")
        sides[output].setdefault(key, []).append(artifacts[event.artifact_id])
    state = _STATES.get(pb.Execution.State.Name(execution.last_known_state), "running")
    seconds = (execution.last_update_time_since_epoch - execution.create_time_since_epoch) / 1000
    return Step(execution.id, component, state, seconds, _values(execution), sides[False], sides[True])


def _ancestors(last: Step, producers: Mapping[int, tuple[Run, Step]]) -> list[tuple[Run, Step]]:
    """All steps whose outputs led to `last`, and itself, oldest first."""
    found: dict[int, tuple[Run, Step]] = {}
    pending = [producers[_flat(last.outputs)[0].id]]
    while pending:
        run, step = pending.pop()
        if step.id not in found:
            found[step.id] = run, step
            pending += [producers[each.id] for each in _flat(step.inputs) if each.id in producers]
    return [found[number] for number in sorted(found)]


def _flat(sides: Mapping[str, list[Artifact]]) -> list[Artifact]:
    return [artifact for each in sides.values() for artifact in each]


def _values(proto) -> dict[str, Any]:
    both = (*proto.properties.items(), *proto.custom_properties.items())
    return {
        name: getattr(value, value.WhichOneof("value")) for name, value in both if value.WhichOneof("value")
    }
