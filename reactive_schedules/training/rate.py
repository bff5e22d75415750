"""The learning rate of a run: the family's rate at the clock's step, times the cuts at plateaus."""

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.keras.build import schedule_of
from reactive_schedules.keras.clock import Clock, OnClock
from reactive_schedules.keras.scaled import Scaled
from reactive_schedules.spec.training_spec import TrainingSpec


class RunRate:
    """The learning rate, for the optimizer and for the history.

    Args:
        spec: Training spec.
        examples: Number of training examples in an epoch.
        horizon: Horizon of the run, at its initial batch size.

    Attributes:
        clock: Clock of the run, which the training loop sets before each step.
        cuts: Multiplier of the family's rate, a `keras.Variable`.
        floor: Lowest rate, whatever the schedule and the cuts.
        schedule: Schedule for the optimizer during the run.

    Raises:
        SpecError: The durations do not fit the horizon.
    """

    def __init__(self, spec: TrainingSpec, examples: int, horizon: Horizon) -> None:
        try:
            self._formula = spec.learning_rate.resolve(horizon)
        except SpecError as error:
            raise prefixed(error, "learning_rate") from None
        self._family = schedule_of(self._formula)
        self.cuts = keras.Variable(1.0, trainable=False, name="learning_rate_multiplier")
        self.clock = Clock(examples, horizon.batch_size)
        self.floor = spec.plateau.min_rate if spec.plateau else 0.0
        self.schedule: LearningRateSchedule = OnClock(Scaled(self._family, self.cuts, self.floor), self.clock)

    def cut_to(self, multiplier: float) -> None:
        """Sets the multiplier of the family's rate, from the next step on."""
        self.cuts.assign(multiplier)

    def at_last(self, epoch: int, examples: int, batch_size: int) -> float:
        """The family's rate, before cuts, at the last step of the first `examples` of an epoch, in such batches."""
        return float(self._formula(self.clock.last(epoch, max(examples, 1), batch_size)))

    def afterwards(self, multiplier: float) -> LearningRateSchedule:
        """The schedule for the optimizer after the run, which depends on the optimizer's step, not on the clock."""
        return Scaled(self._family, multiplier, self.floor)
