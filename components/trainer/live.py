"""Progress messages of the Trainer."""

import logging
import math

from reactive_schedules import EpochEnd, TrainingSpec
from reactive_schedules.duration import epochs_of

progress = logging.getLogger("progress")


class Live:
    """Logs the progress of a training after each epoch, on the logger `progress`.

    Args:
        spec: Spec of the training.
        resumed: Number of epochs that an earlier attempt finished.
        model: Number of the model, from 1, and how many there are; None for a single one.
        title: What the lines begin with.
    """

    def __init__(
        self, spec: TrainingSpec, resumed: int = 0, model: tuple[int, int] | None = None, title: str = ""
    ) -> None:
        self._spec = spec
        parts = [title] if title else []
        parts += [f"model {model[0]} of {model[1]}"] if model else []
        parts += [f"resumed at epoch {resumed + 1}"] if resumed else []
        self._prefix = f"{', '.join(parts)}: " if parts else ""

    def __call__(self, end: EpochEnd) -> None:
        """Logs one epoch; for the argument `on_epoch` of `rs.fit`."""
        progress.info(self.line(end))

    def line(self, end: EpochEnd) -> str:
        """Returns epoch, metric, best, wait and patience, rate, batch size, examples per second and time left."""
        plateau, logs = self._spec.plateau, end.logs
        monitor = plateau.monitor if plateau else "loss"
        parts = [f"epoch {end.epoch + 1} of at most {self._spec.epochs}", f"{monitor} {logs[monitor]:.4g}"]
        if end.state:
            best = end.state.best
            parts[-1] += f" (best {best:.4g})" if best is not None and math.isfinite(best) else ""
            parts.append(f"wait {end.state.wait}/{plateau.patience}")
        parts += [
            f"rate {logs['learning_rate']:.3g}",
            f"batch {logs['batch_size']:,}",
            f"{end.examples_per_second:,.0f} examples/s",
        ]
        left = epochs_of(self._spec.epochs) - end.epoch - 1
        if left and not (end.state and end.state.stopped):
            parts.append(f"at most {_duration(left * end.seconds)} left")
        return self._prefix + ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
