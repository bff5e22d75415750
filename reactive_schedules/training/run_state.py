"""All that a training has come to: enough to go on exactly where it was."""

from dataclasses import dataclass, field

import keras
import numpy as np

from reactive_schedules.keras.variables import Values, copied, put_back
from reactive_schedules.plateau.machine import PlateauState


@dataclass
class Progress:
    """How far the training is; exact through JSON.

    Fields:
        epoch: the epoch to train next (or to go on with), counted from 0.
        step: training steps made in it.
        updates: training steps made in all.
        history: per name, one value per finished epoch.
        decisions: records of the decisions to act or stop.
        stopped_by: why it ended; None while it goes on.
    """

    epoch: int = 0
    step: int = 0
    updates: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    decisions: list[dict] = field(default_factory=list)
    stopped_by: str | None = None


@dataclass
class RunState:
    """A model in training, with everything around it.

    Fields:
        model: built, as is its optimizer.
        plateau: the plateau machine's state; None without one.
        progress: how far the training is.
        best: the model's best weights.
        best_slots: the optimizer's variables that belong to them, where they are wanted.
    """

    model: keras.Model
    plateau: PlateauState | None = None
    progress: Progress = field(default_factory=Progress)
    best: Values = field(default_factory=list)
    best_slots: Values = field(default_factory=list)

    def pack(self) -> tuple[dict[str, np.ndarray], dict]:
        """Everything as arrays and a record that JSON can hold."""
        parts = {name: copied(variables) for name, variables in self._variables().items()}
        parts |= {"best": self.best, "best_slots": self.best_slots}
        arrays = {
            f"{name}/{i:05d}": value for name, values in parts.items() for i, value in enumerate(values)
        }
        plateau = self.plateau and self.plateau.model_dump(mode="json")
        return arrays, {"progress": vars(self.progress), "plateau": plateau}

    def unpack(self, arrays: dict[str, np.ndarray], record: dict) -> None:
        """Takes back what `pack` gave, the model's and the optimizer's variables included.

        Raises:
            ValueError: if the model or its optimizer is another one.
        """

        def part(name: str) -> Values:
            return [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}/")]

        for name, variables in self._variables().items():
            put_back(variables, part(name), name)
        self.best, self.best_slots = part("best"), part("best_slots")
        self.progress = Progress(**record["progress"])
        self.plateau = self.plateau and PlateauState.model_validate(record["plateau"])

    def _variables(self) -> dict[str, list[keras.Variable]]:
        return {
            "model": self.model.variables,  # with the states of seed generators, which `weights` leaves out
            "optimizer": self.model.optimizer.variables,
            "metrics": self.model.metrics_variables,
        }
