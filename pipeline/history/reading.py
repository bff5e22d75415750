"""Reads the runs from a metadata store."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.history.records import Artifact, Run, Step
from pipeline.metadata.binding import plain_name
from pipeline.remote import place
from pipeline.remote.place import Remote
from pipeline.run import process

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore
    from ml_metadata.proto import metadata_store_pb2 as pb

_STATES = {"COMPLETE": "done", "CACHED": "cached", "FAILED": "failed", "CANCELED": "interrupted"}


def read_runs(
    store: "MetadataStore", workspace: Path, is_used_elsewhere: Callable[[], bool] = lambda: True
) -> list[Run]:
    """All runs, oldest first.

    Args:
        store: Metadata store, see `pipeline.history.store`.
        workspace: Folder to search for artifacts that are no longer at their recorded path.
        is_used_elsewhere: Whether a run of another machine may be in progress.
    """
    executions = store.get_executions()
    numbers = [execution.id for execution in executions]
    events: dict[int, list] = {number: [] for number in numbers}
    for event in store.get_events_by_execution_ids(numbers) if numbers else ():
        events[event.execution_id].append(event)
    remote = place.of(workspace)
    artifacts = {each.id: _artifact(each, workspace, remote) for each in store.get_artifacts()}
    nodes = {
        execution.id: context.name.rpartition(".")
        for context in store.get_contexts_by_type("node")
        for execution in store.get_executions_by_context(context.id)
    }
    steps = {
        each.id: _step(each, nodes[each.id][2], events[each.id], artifacts)
        for each in executions
        if each.id in nodes
    }
    runs = []
    contexts = sorted(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id)
    for number, context in enumerate(contexts, 1):
        members = sorted(each.id for each in store.get_executions_by_context(context.id) if each.id in nodes)
        pipeline = plain_name(nodes[members[0]][0]) if members else ""
        of_run = [steps[member] for member in members]
        runs.append(_run(f"r{number}", context, pipeline, of_run, is_used_elsewhere))
    return runs


def _artifact(proto: "pb.Artifact", workspace: Path, remote: Remote | None) -> Artifact:
    is_live = proto.state == proto.LIVE
    if remote and remote.has(proto.uri):
        return Artifact(proto.id, Path(remote.local(proto.uri)), _values(proto), is_live, remote)
    # The workspace may have been moved or copied: pipeline, component, key and execution stay the same.
    inside = Path(workspace, "artifacts", *Path(proto.uri).parts[-4:])
    path = inside if inside.exists() else Path(proto.uri)
    return Artifact(proto.id, path, _values(proto), is_live)


def _run(
    name: str, context: "pb.Context", pipeline: str, steps: list[Step], is_used_elsewhere: Callable[[], bool]
) -> Run:
    properties = _values(context)
    record = json.loads(properties.get("record", "{}"))
    states = {step.state for step in steps}
    if "outcome" in properties:
        state = properties["outcome"]
    elif record:
        state = "running" if process.runs(record["process"], is_used_elsewhere) else "interrupted"
    else:
        state = "failed" if "failed" in states else "interrupted" if "running" in states else "done"
    if state != "running":
        # A process that is killed leaves its steps in the state `running`.
        steps = [_ended(step) for step in steps]
    started = context.create_time_since_epoch / 1000
    return Run(name, context.name, pipeline, started, state, properties.get("error", ""), record, steps)


def _ended(step: Step) -> Step:
    return dataclasses.replace(step, state="interrupted", seconds=None) if step.state == "running" else step


def _step(
    execution: "pb.Execution", component: str, events: Iterable, artifacts: Mapping[int, Artifact]
) -> Step:
    from ml_metadata.proto import metadata_store_pb2 as pb

    sides: dict[bool, dict[str, list[Artifact]]] = {False: {}, True: {}}
    for event in events:
        output = event.type in (pb.Event.OUTPUT, pb.Event.DECLARED_OUTPUT, pb.Event.PENDING_OUTPUT)
        key = next((step.key for step in event.path.steps if step.HasField("key")), "")
        sides[output].setdefault(key, []).append(artifacts[event.artifact_id])
    state = _STATES.get(pb.Execution.State.Name(execution.last_known_state), "running")
    until = time.time() if state == "running" else execution.last_update_time_since_epoch / 1000
    seconds = until - execution.create_time_since_epoch / 1000
    return Step(execution.id, component, state, seconds, _values(execution), sides[False], sides[True])


def _values(proto: "pb.Artifact | pb.Execution | pb.Context") -> dict[str, Any]:
    both = (*proto.properties.items(), *proto.custom_properties.items())
    return {
        name: getattr(value, value.WhichOneof("value")) for name, value in both if value.WhichOneof("value")
    }
