"""The files of a run: its checkpoints and its decision log."""

from dataclasses import dataclass
from typing import Any

from reactive_schedules.errors import SpecError
from reactive_schedules.plateau.decision_log import DecisionLog
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints
from reactive_schedules.training.extension import Extension
from reactive_schedules.training.run_state import RunState


@dataclass(frozen=True)
class RunStore:
    """The files in which a run is saved; none by default.

    Attributes:
        identity: Values that must be the same in a checkpoint and in the run that resumes from it.
        checkpoints: Checkpoints of the run.
        every: Number of training steps between checkpoints inside an epoch; None saves only after epochs.
        log: Decision log.
        extension: The run with more epochs than a checkpoint may have been begun with; None allows no others.
    """

    identity: dict[str, Any]
    checkpoints: Checkpoints | None = None
    every: int | None = None
    log: DecisionLog | None = None
    extension: Extension | None = None

    def restore(self, state: RunState) -> None:
        """Restores `state` from the newest checkpoint, if there is one.

        Raises:
            CheckpointError: The checkpoint belongs to a run with a different spec, number of examples, or model.
        """
        found = self.checkpoints.load() if self.checkpoints else None
        if self.checkpoints and found:
            arrays, record = found
            # The first checkpoints did not name their backend.
            saved = _with_defaults({"backend": "tensorflow", **record.pop("identity")})
            saved = self._extended(saved, record["progress"])
            _check_identity(self.checkpoints, saved, self.identity)
            try:
                state.unpack(arrays, record)
            except ValueError as error:
                raise CheckpointError(
                    f"{self.checkpoints.directory}: checkpoint belongs to a different model ({error}); use another "
                    "folder"
                ) from None
        if self.log:
            self.log.rewrite(state.progress.decisions)

    def _extended(self, saved: dict[str, Any], progress: dict[str, Any]) -> dict[str, Any]:
        """The identity of a checkpoint, with the epochs of this run if they are more and the rest is the same."""
        if self.extension is None:
            return saved
        before, epochs = saved["spec"].get("epochs"), self.identity["spec"]["epochs"]
        longer = {**saved, "spec": {**saved["spec"], "epochs": epochs}}
        same = all(_known(longer.get(name)) == _known(value) for name, value in self.identity.items())
        if not same or not isinstance(before, int) or before >= epochs:
            return saved
        try:
            self.extension.check(before, progress)
        except SpecError as error:
            assert self.checkpoints is not None
            raise CheckpointError(f"{self.checkpoints.directory}: {error}") from None
        if progress["stopped_by"] == "epochs":
            progress["stopped_by"] = None
        return longer

    def save(self, state: RunState) -> None:
        """Starts to write a checkpoint; see `Checkpoints.save`."""
        if self.checkpoints:
            arrays, record = state.pack()
            self.checkpoints.save(arrays, {"identity": self.identity, **record})

    def wait(self) -> None:
        """Waits until the last checkpoint is on the disk."""
        if self.checkpoints:
            self.checkpoints.wait()

    def steps_until_save(self, step: int) -> int | None:
        """Number of training steps from `step` of an epoch to the next checkpoint; None if none is due in it."""
        return self.every and self.every - step % self.every


def _with_defaults(saved: dict[str, Any]) -> dict[str, Any]:
    """The identity of a checkpoint, whose spec has the defaults of keys that it was saved without."""
    try:
        spec = TrainingSpec.parse(saved["spec"]).model_dump(mode="json")
    except SpecError:  # it has what there is not here, and differs
        return saved
    return {**saved, "spec": spec}


def _check_identity(checkpoints: Checkpoints, saved: dict[str, Any], identity: dict[str, Any]) -> None:
    for name, value in identity.items():
        earlier = saved.get(name)
        if _known(earlier) != _known(value):
            if isinstance(value, dict) and isinstance(earlier, dict):
                name, earlier, value = _difference(name, earlier, value)
            raise CheckpointError(
                f"{checkpoints.directory}: checkpoint was saved with {name} {earlier!r}, but this run has {value!r}; "
                "use another folder"
            )


def _difference(name: str, one: dict[str, Any], other: dict[str, Any]) -> tuple[str, Any, Any]:
    """The path of the first key in which two mappings differ, and its two values."""
    key = next(key for key in [*one, *other] if _known(one.get(key)) != _known(other.get(key)))
    first, second = one.get(key), other.get(key)
    if isinstance(first, dict) and isinstance(second, dict):
        return _difference(f"{name}.{key}", first, second)
    return f"{name}.{key}", first, second


def _known(value: Any) -> Any:
    """Without keys that are None, which an earlier release may not have had."""
    if not isinstance(value, dict):
        return value
    return {key: _known(part) for key, part in value.items() if part is not None}
