"""The keys of every search that its results depend on, from a configuration or from the author of a component."""

from typing import Annotated, Any, Literal, Self

from pydantic import field_validator, model_validator

from reactive_schedules.errors import SpecError, fault
from reactive_schedules.fields import Epochs, Interval, SpecModel
from reactive_schedules.plateau.directions import Direction
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.search.limits import TimeLimit
from reactive_schedules.spec.training_spec import TrainingSpec


class Common(SpecModel):
    """What is said about any search.

    Attributes:
        epochs: Length of a trial, whose schedule keeps the horizon of the full training. By default, a trial is
            a full training.
        executions_per_trial: Trainings per trial, each with a different seed; the score is their mean.
        objective: Name of the metric to optimise; by default, the one that the plateau monitors.
        direction: "min" or "max"; None derives it from well-known metric names.
        second_objective: Cost recorded with the objective, for the trade-off between the two.
        start: Points to try first, after the configuration as written, in the layout of the space with values.
        prior: Trials of an earlier study.
        folds: Trainings with which the best trials and the configuration as written are compared at the end, each with
            another seed and, where rows are split at random, another division of them; 0 for none. By default, 5 if the
            validation rows are too few to choose by.
        time_limit: Time after which the search ends with the best that it has found, such as 20m, a confirmation
            included; the training that follows is not.
        trial_limit: Time after which a trial that has no result is ended and has failed, such as 5m.
        seed: Seed for the algorithm's choices; trials use the seed of the training.
    """

    epochs: Epochs | None = None
    executions_per_trial: Annotated[int, Interval("[1, 1000]")] = 1
    objective: str | None = None
    direction: Direction | None = None
    second_objective: Literal["updates", "seconds"] | None = None
    start: list[dict[str, Any]] = []
    prior: list[dict[str, str | int | float | bool | None]] = []
    folds: Annotated[int, Interval("[0, 100]")] | None = None
    time_limit: TimeLimit | None = None
    trial_limit: TimeLimit | None = None
    seed: Annotated[int, Interval("[0, 4294967295]")] = 0

    @field_validator("folds")
    @classmethod
    def _several(cls, value: int | None) -> int | None:
        if value == 1:
            raise ValueError(
                "must be 0, for none, or at least 2, whose differences tell how far to trust them; got 1"
            )
        return value

    @model_validator(mode="after")
    def _has_direction(self) -> Self:
        if self.direction and not self.objective:
            raise fault("direction", "requires an objective; set it too, or leave both to the plateau")
        if self.objective:
            try:
                PlateauSpec(monitor=self.objective, mode=self.direction)
            except SpecError as error:
                text = str(error).partition(": ")[2]
                if not self.direction:
                    text = f"cannot be derived from {self.objective!r}; set it to min or max"
                raise fault("direction", text) from None
        return self


def objective_of(
    objective: str | None, direction: Direction | None, spec: TrainingSpec
) -> tuple[str, Direction]:
    """Returns the metric that a search optimises, and its direction.

    Args:
        objective: The metric; by default, the one that the plateau of the spec monitors.
        direction: Its direction; by default, that of its name.
        spec: Training spec from which the trials vary.
    """
    plateau = PlateauSpec(monitor=objective, mode=direction) if objective else spec.plateau or PlateauSpec()
    return plateau.monitor, plateau.direction
