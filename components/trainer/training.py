"""Trains the model, or the models of an ensemble, with what is shown and kept of each."""

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.evaluator import words
from components.learning.attempt import EVERY_STEPS, earlier_history
from components.learning.ensemble import Ensemble, learn_ensemble
from components.learning.goal import Goal
from components.learning.learn import Learned, learn
from components.learning.members import name_of
from components.learning.replicas import Strategy
from components.learning.task import Task
from components.learning.warm_start import Base
from components.trainer.live import Live
from components.trainer.record import write_history
from components.trainer.tensorboard import TensorBoardLog
from reactive_schedules import TrainingSpec

progress = logging.getLogger("progress")


@dataclasses.dataclass(frozen=True)
class Training:
    """What is trained, and the folders for it.

    With several members, each has a folder of its own in each of these folders, see `members.name_of`.

    Attributes:
        task: Data to train on.
        build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: First argument of `build_model`.
        goal: What to minimise and to measure.
        base: Folder of an exported model to start from; None to start with new weights.
        members: Number of models.
        strategy: How to use several devices; None for one.
        records: Folder for histories and decisions.
        logs: Folder for TensorBoard.
        checkpoints: Folder for checkpoints, perhaps with those of an earlier attempt.
        title: What the console calls it; empty for the training of the model to export.
    """

    task: Task
    build_model: str
    hyperparameters: Mapping[str, Any]
    goal: Goal
    base: Path | None
    members: int
    strategy: Strategy | None
    records: Path
    logs: Path
    checkpoints: Path
    title: str = ""

    def run(self, spec: TrainingSpec) -> tuple[Learned, Ensemble | None]:
        """Returns the model to export, and the ensemble that it is, if there are several members."""
        if self.members == 1:
            return self._learn(1, spec), None
        ensemble = learn_ensemble(
            self.task, spec, self.members, self.build_model, self.hyperparameters, self.goal, self._learn
        )
        progress.info(words.ensemble(ensemble.card()))
        return ensemble.learned, ensemble

    def _learn(self, number: int, spec: TrainingSpec) -> Learned:
        """Trains one model, or resumes the training that an earlier attempt did not finish."""
        several = self.members > 1
        name = name_of(number) if several else ""
        records, checkpoints = self.records / name, self.checkpoints / name
        records.mkdir(parents=True, exist_ok=True)
        earlier = earlier_history(checkpoints)
        model = (number, self.members) if several else None
        live = Live(spec, len(earlier.get("loss", ())), model, self.title)
        with TensorBoardLog(str(self.logs / name), spec, self.task.examples, earlier) as board:
            learned = learn(
                self.task,
                spec,
                self.build_model,
                self.hyperparameters,
                Base(self.base, number, self.members) if self.base else None,
                self.goal,
                self.strategy,
                on_epoch=lambda end: (live(end), board(end)),
                decision_log=records / "decisions.jsonl",
                checkpoint_dir=checkpoints,
                checkpoint_every=EVERY_STEPS,
            )
        write_history(records, learned.result)
        return learned
