"""What a run leaves on the disk: its checkpoints and the log of its decisions."""

from dataclasses import dataclass
from typing import Any

from reactive_schedules.plateau.decision_log import DecisionLog
from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints
from reactive_schedules.training.run_state import RunState


@dataclass(frozen=True)
class RunStore:
    """Where a run is saved; nothing is saved by default.

    Attributes:
        identity: What a checkpoint must agree in with the run that goes on from it.
        checkpoints: Folder of the checkpoints.
        every: Training steps between two checkpoints inside an epoch; None saves only between epochs.
        log: File of the decisions.
    """

    identity: dict[str, Any]
    checkpoints: Checkpoints | None = None
    every: int | None = None
    log: DecisionLog | None = None

    def restore(self, state: RunState) -> None:
        """Takes `state` to where the newest checkpoint is, or leaves it alone if there is none.

        Raises:
            CheckpointError: The checkpoint belongs to a training with a different spec, number of examples, or
                shapes of weights.
        """
        found = self.checkpoints.load() if self.checkpoints else None
        if self.checkpoints and found:
            arrays, record = found
            _check_identity(self.checkpoints, record.pop("identity"), self.identity)
            try:
                state.unpack(arrays, record)
            except ValueError as error:
                raise CheckpointError(f"{self.checkpoints.directory}: {error}") from None
        if self.log:
            self.log.rewrite(state.progress.decisions)

    def save(self, state: RunState) -> None:
        """Begins to write a checkpoint; see `Checkpoints.save`."""
        if self.checkpoints:
            arrays, record = state.pack()
            self.checkpoints.save(arrays, {"identity": self.identity, **record})

    def wait(self) -> None:
        """Returns when the last checkpoint is on the disk."""
        if self.checkpoints:
            self.checkpoints.wait()

    def steps_until_save(self, step: int) -> int | None:
        """Training steps that may be made after `step` of an epoch before a checkpoint is due; None for any number."""
        return self.every and self.every - step % self.every


def _check_identity(checkpoints: Checkpoints, saved: dict[str, Any], identity: dict[str, Any]) -> None:
    for name, value in identity.items():
        earlier = saved.get(name)
        if earlier != value:
            if isinstance(value, dict) and isinstance(earlier, dict):
                name, earlier, value = _difference(name, earlier, value)
            raise CheckpointError(
                f"{checkpoints.directory}: was saved with {name} {earlier!r}, this training has {value!r}; give it "
                "a folder of its own"
            )


def _difference(name: str, one: dict[str, Any], other: dict[str, Any]) -> tuple[str, Any, Any]:
    """The first key in which two settings differ, as a path, and its values."""
    key = next(key for key in [*one, *other] if one.get(key) != other.get(key))
    first, second = one.get(key), other.get(key)
    if isinstance(first, dict) and isinstance(second, dict):
        return _difference(f"{name}.{key}", first, second)
    return f"{name}.{key}", first, second
