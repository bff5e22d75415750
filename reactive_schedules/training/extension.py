"""Whether a run can go on with more epochs than it was begun with."""

from dataclasses import dataclass
from typing import Any

import numpy

from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError
from reactive_schedules.spec.training_spec import TrainingSpec

_MOST_STEPS = 100_000  # that are compared


@dataclass(frozen=True)
class Extension:
    """The epochs of a spec in place of those that a checkpoint was begun with.

    Attributes:
        spec: Training spec of the run that resumes, with its durations in whole epochs.
        examples: Number of training examples.
    """

    spec: TrainingSpec
    examples: int

    def check(self, epochs: int, progress: dict[str, Any]) -> None:
        """Checks that the learning rates so far are also those of a run that had been longer from the start.

        Args:
            epochs: Number of epochs that the run was begun with.
            progress: Progress of the run, from its checkpoint.

        Raises:
            SpecError: They are not; says from which step on, and why.
        """
        begun, whole = (
            Horizon.of_examples(self.examples, batch_size=self.spec.batch_size, epochs=each)
            for each in (epochs, int(self.spec.epochs))
        )
        done = (progress["epoch"] + (progress["step"] > 0)) * begun.steps_per_epoch
        steps = numpy.unique(numpy.linspace(0, max(done - 1, 0), _MOST_STEPS).astype("int64"))
        try:
            used, longer = (self.spec.learning_rate.resolve(each)(steps) for each in (begun, whole))
        except SpecError as error:
            raise SpecError(f"learning_rate: {error}") from None
        differ = numpy.flatnonzero(~numpy.isclose(used, longer, rtol=1e-9, atol=0))
        if done and differ.size:
            first = differ[0]
            raise SpecError(
                f"epochs: cannot go from {epochs} to {whole.epochs}: at step {steps[first]:,} the rate was "
                f"{used[first]:.3g}, and would have been {longer[first]:.3g} in the longer run, because the "
                f"{self.spec.learning_rate.family} schedule depends on the length of the run; give its durations in "
                "steps, epochs or examples, or start anew in another folder"
            )
