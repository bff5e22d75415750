"""The training spec: optimizer, learning rate, batch size, reaction to plateaus, epochs."""

from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, model_validator

from reactive_schedules import documents
from reactive_schedules.duration import Horizon, InEpochs, whole_epochs
from reactive_schedules.errors import SpecError, fault, prefixed
from reactive_schedules.families import LearningRate
from reactive_schedules.fields import Count, Interval, SpecModel
from reactive_schedules.plateau.actions import ACTIONS
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.spec.keras_optimizers import SgdSpec
from reactive_schedules.spec.optimizers import Optimizer


class TrainingSpec(SpecModel):
    """How to train: everything about a run except the model and the data. Can be written as YAML or JSON.

    The constructor, `parse`, `from_yaml` and `from_file` raise a SpecError with one line per fault, such as
    `learning_rate.step_size: must be in [1, inf) steps; got 0`.

    Example:
        >>> spec = rs.TrainingSpec.from_yaml("learning_rate: {family: cosine, peak: 0.1, warmup: 5%}")
        >>> spec.optimizer.name, spec.learning_rate.warmup, spec.batch_size
        ('sgd', '5%', 32)
    """

    optimizer: Optimizer = Field(default_factory=SgdSpec, description="optimizer, by name")
    learning_rate: LearningRate = Field(description="learning-rate schedule, by family")
    batch_size: Count = Field(default=32, description="initial batch size, in examples")
    epochs: Annotated[int | str, InEpochs("[1, 1000000]", share=False)] = Field(
        default=10, description="number of epochs, or a duration such as max(40ep, 4000st)"
    )
    plateau: PlateauSpec | None = Field(
        default=None, description="reaction to a metric that stops improving; none by default"
    )
    ema: Annotated[float, Interval("(0, 1)")] | None = Field(
        default=None,
        description="weight of the past in an exponential moving average of the weights, such as 0.999, which is "
        "validated, kept and exported in place of the weights; none by default",
    )
    seed: Annotated[int, Interval("[0, 4294967295]")] = Field(
        default=0,
        description="seed for the order of the examples; the pipeline's Trainer also seeds Keras with it",
    )

    @model_validator(mode="after")
    def _check_averages(self) -> Self:
        if self.ema is not None and self.optimizer.name == "schedule_free_adamw":
            raise fault("ema", "has no place with schedule_free_adamw, which averages already; leave it out")
        return self

    @model_validator(mode="after")
    def _check_family_of_optimizer(self) -> Self:
        family, name = self.learning_rate, self.optimizer.cycling
        if name and not family.formula.cycles:
            raise fault(
                f"optimizer.{name}",
                f"cycles with the learning rate, but {family.family} has no cycle; give a single number, or choose "
                "one_cycle or cyclical",
            )
        if self.optimizer.weight_decay_by == "schedule" and not hasattr(family, "peak"):
            raise fault(
                "optimizer.weight_decay_by",
                f"must be 'rate' with {family.family}, which has no peak; got 'schedule'",
            )
        return self

    @model_validator(mode="after")
    def _check_largest_batch(self) -> Self:
        plateau = self.plateau
        if (
            plateau
            and ACTIONS[plateau.action].changes_batch
            and (plateau.max_batch_size or self.batch_size) < self.batch_size
        ):
            raise fault(
                "plateau.max_batch_size",
                f"must be at least batch_size, {self.batch_size}; got {plateau.max_batch_size}",
            )
        return self

    def horizon(self, examples: int) -> Horizon:
        """The length of a run on `examples` training examples.

        Raises:
            SpecError: The run is too long, or `examples` is not a positive integer.
        """
        horizon = Horizon.of_examples(examples, batch_size=self.batch_size, epochs=1)
        try:
            epochs = whole_epochs(self.epochs, horizon)
        except ValueError as error:
            raise SpecError(f"epochs: {error}") from None
        return Horizon.of_examples(examples, batch_size=self.batch_size, epochs=epochs)

    def at(self, examples: int) -> Self:
        """Converts the durations of `epochs` and `plateau` (patience, cooldown, start) to whole epochs, rounded up.

        Args:
            examples: Number of training examples.

        Raises:
            SpecError: See `horizon`; or a duration is too long.

        Example:
            >>> rate = {"family": "constant", "peak": 0.1}
            >>> spec = rs.TrainingSpec.parse({"learning_rate": rate, "epochs": "max(40ep, 4000st)"})
            >>> spec.at(examples=500).epochs, spec.at(examples=50_000).epochs
            (250, 40)
        """
        horizon = self.horizon(examples)
        try:
            plateau = self.plateau and self.plateau.at(horizon)
        except SpecError as error:
            raise prefixed(error, "plateau") from None
        return self.model_copy(update={"epochs": horizon.epochs, "plateau": plateau})

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """Parses YAML, or JSON, which is a subset of YAML.

        Raises:
            SpecError: The text is not YAML, or not a valid spec.
        """
        try:
            data = documents.from_yaml(text)
        except documents.DocumentError as error:
            raise SpecError(f"spec: {error}") from None
        return cls.parse(data)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Reads a YAML or JSON file.

        Raises:
            SpecError: The file cannot be read, or is not a valid spec.
        """
        try:
            text = documents.read_text(Path(path))
        except OSError as error:
            raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
        except ValueError as error:  # a name with a NUL, or a DocumentError
            raise SpecError(f"{path}: {error}") from None
        return cls.from_yaml(text)

    def to_yaml(self) -> str:
        """The spec as YAML with all keys; `from_yaml` restores an equal spec."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
