"""The keys of every search that its results depend on, from a configuration or from the author of a component."""

from typing import Annotated, Any, Literal

from pydantic import field_validator

from reactive_schedules.fields import Epochs, Interval, SpecModel
from reactive_schedules.search.limits import TimeLimit


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
    direction: Literal["min", "max"] | None = None
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
