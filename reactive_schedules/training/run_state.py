"""The complete state of a run, sufficient to resume it exactly."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from reactive_schedules.keras.variables import Values, copied, put_back
from reactive_schedules.plateau.machine import PlateauState
from reactive_schedules.training.backend import current


@dataclass
class Progress:
    """The progress of a run; preserved exactly by JSON.

    Attributes:
        epoch: Current epoch, counted from 0.
        step: Number of training steps done in the current epoch.
        updates: Total number of training steps.
        history: One value per finished epoch, by name.
        decisions: Records of the decisions to act or stop.
        stopped_by: Reason for the end of the run; None before it ends.
        best_logs: Logs of the best observation; empty before the first finite value. Without a plateau spec, those of
            the last epoch.
    """

    epoch: int = 0
    step: int = 0
    updates: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    decisions: list[dict] = field(default_factory=list)
    stopped_by: str | None = None
    best_logs: dict[str, Any] = field(default_factory=dict)


@dataclass
class RunState:
    """A model in training, with the state of its run.

    Attributes:
        model: Model in training, built, with a built optimizer.
        plateau: State of the plateau machine; None without a plateau spec.
        progress: Progress of the run.
        best: Best weights of the model.
        best_slots: Variables of the optimizer at the best weights; empty unless the spec restores slots.
    """

    model: keras.Model
    plateau: PlateauState | None = None
    progress: Progress = field(default_factory=Progress)
    best: Values = field(default_factory=list)
    best_slots: Values = field(default_factory=list)

    def pack(self) -> tuple[dict[str, np.ndarray], dict]:
        """The state as arrays and a record that JSON can represent."""
        parts = {name: copied(variables) for name, variables in self._variables().items()}
        parts |= {"best": self.best, "best_slots": self.best_slots, "random": current().random_state()}
        arrays = {
            f"{name}/{i:05d}": value for name, values in parts.items() for i, value in enumerate(values)
        }
        plateau = self.plateau and self.plateau.model_dump(mode="json")
        return arrays, {"progress": vars(self.progress), "plateau": plateau}

    def unpack(self, arrays: dict[str, np.ndarray], record: dict) -> None:
        """Restores the state from the result of `pack`, including the variables of model and optimizer.

        Raises:
            ValueError: The state belongs to a different model or optimizer.
        """

        def part(name: str) -> Values:
            return [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}/")]

        for name, variables in self._variables().items():
            put_back(variables, part(name), name)
        self.best, self.best_slots = part("best"), part("best_slots")
        current().set_random_state(part("random"))
        self.progress = Progress(**record["progress"])
        self.plateau = self.plateau and PlateauState.model_validate(record["plateau"])

    def _variables(self) -> dict[str, list[keras.Variable]]:
        return {
            "model": self.model.variables,  # unlike `weights`, includes the states of seed generators
            "optimizer": self.model.optimizer.variables,
            "metrics": self.model.metrics_variables,
        }
