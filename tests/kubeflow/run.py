"""A run of a package: releases of KFP, the states of tasks, and which of them may start."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow.package import Package
from tests.kubeflow.store import Recorded


@dataclasses.dataclass(frozen=True)
class Version:
    """Differences between releases of KFP.

    Attributes:
        publish_logs: Whether tasks have an output `executor-logs` (from 2.5 on).
        task_root: Whether outputs have names, and the output file is beside them (from 2.15 on), not in
            /tmp/kfp_outputs.
        logs_of_failures: Whether the log of a task that failed is uploaded (from 2.16 on).
        retry_index: Whether each attempt knows its number and has a log of its own (from 2.16.1 on).
    """

    publish_logs: bool
    task_root: bool = False
    logs_of_failures: bool = False
    retry_index: bool = False


KFP_2_4 = Version(publish_logs=False)
KFP_2_5 = Version(publish_logs=True)
KFP_2_15 = Version(publish_logs=True, task_root=True)
KFP_2_17 = Version(publish_logs=True, task_root=True, logs_of_failures=True, retry_index=True)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """The end of one pod: the launcher's error, empty if there is none, and its own variables."""

    error: str
    environment: Mapping[str, str]


@dataclasses.dataclass
class Task:
    """The end of a task: `Succeeded`, `Cached`, `Skipped`, `Omitted` (an earlier task failed) or `Failed`.

    The error is the launcher's, then the last line of the log.
    """

    state: str
    seconds: float = 0.0
    error: str = ""
    outputs: Mapping[str, Recorded] = dataclasses.field(default_factory=dict)
    tried: Sequence[Attempt] = ()
    given: spec_pb2.ExecutorInput | None = None

    @property
    def attempts(self) -> int:
        """Number of pods."""
        return len(self.tried)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run: its tasks by name, and its logs."""

    tasks: dict[str, Task]
    logs: Path
    seconds: float

    def table(self) -> str:
        """Tasks with their states and seconds."""
        rows = [f"{name:18}{task.state:10}{task.seconds:7.1f}" for name, task in self.tasks.items()]
        return "\n".join([*rows, f"{'all':28}{self.seconds:7.1f}"])

    def failure(self) -> str:
        """The first error, with the task's name."""
        return next((f"{name}: {task.error}" for name, task in self.tasks.items() if task.error), "")


class Execution:
    """A run in progress.

    Args:
        package: The package.
        parameters: The pipeline's parameters, all of them.
        fail_fast: Whether no more tasks start once one has failed for good.
        number: Number of the run.
        folder: Folder for the run's pods and logs.
        root: Where artifacts are kept; by default, where the package says.
    """

    def __init__(
        self,
        package: Package,
        parameters: Mapping[str, Any],
        fail_fast: bool,
        number: int,
        folder: Path,
        root: str | None = None,
    ):
        self.package, self.parameters, self.name, self.folder = package, parameters, f"run-{number}", folder
        self.pipeline_root = root or package.spec.default_pipeline_root
        self.root = f"{self.pipeline_root}/{package.spec.pipeline_info.name}/{self.name}"
        self._fail_fast = fail_fast
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.tasks: dict[str, Task] = {}

    def produced(self) -> dict[str, Mapping[str, Recorded]]:
        """Outputs so far, by task."""
        return {name: task.outputs for name, task in list(self.tasks.items())}

    def ready(self) -> list[str]:
        """Tasks to start now; those whose turn never comes are marked as omitted or skipped."""
        found = []
        failed = self._fail_fast and any(task.state == "Failed" for task in self.tasks.values())
        for name, task in sorted(self.package.tasks.items()):
            if name in self.tasks:
                continue
            if failed:
                self.tasks[name] = Task("Omitted")
                continue
            before = [self.tasks.get(other, Task("Running")).state for other in self.package.needs(task)]
            if any(state in ("Failed", "Omitted", "Skipped") for state in before):
                self.tasks[name] = Task("Omitted")
                return self.ready()
            if "Running" not in before:
                found.append(name)
        return found
