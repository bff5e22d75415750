"""The reaction to a plateau as a callback, for the model's own `fit`."""

import keras
from keras.optimizers.schedules import LearningRateSchedule

from schedules.plateau import Decision, PlateauSpec, PlateauState, observe
from schedules.scaled import Scaled
from schedules.variables import copied, put_back


class PlateauDecay(keras.callbacks.Callback):
    """Cuts the learning rate when the metric stops improving, whatever the rate comes from.

    Works where Keras' ReduceLROnPlateau raises a TypeError: a learning-rate schedule in the optimizer goes
    on, multiplied by the cuts. After `spec.max_actions` cuts the next plateau stops the training, and the
    model has its best weights unless `spec.restore_best` is False. The logs get `learning_rate`.

    Growth needs other batches than a `fit` has begun with: for that, use `schedules.fit`.

    As with Keras' callbacks, each `fit` counts anew. To go on counting, hand over the `state` of the callback
    before (exact through JSON) with the model and its optimizer, which hold the cuts and the weights.

    Args:
        spec: when and how to cut; its action must be "decay".
        state: where the first `fit` goes on counting.

    Attributes:
        state: the plateau machine's present state.
        decisions: of this `fit`, one per epoch.

    Raises:
        ValueError: for another action or a state of another spec; in training, for a metric that is not in
            the logs.
    """

    def __init__(self, spec: PlateauSpec, state: PlateauState | None = None):
        super().__init__()
        if spec.action != "decay":
            raise ValueError(
                f"action: must be 'decay' in a callback, got {spec.action!r}; to grow, use schedules.fit"
            )
        if state is not None and state.spec != spec:
            raise ValueError("state: belongs to another spec; pass the spec it was made with")
        self.spec, self._resumed = spec, state
        self.state = state or PlateauState.start(spec, batch_size=1)
        self.decisions: list[Decision] = []

    def on_train_begin(self, logs=None):
        """Starts to count, and makes the rate changeable."""
        self.state = self._resumed or PlateauState.start(self.spec, batch_size=1)
        self.decisions, self._resumed = [], None
        self._make_changeable()
        self.model.optimizer.build(self.model.trainable_variables)
        self._initial_slots = copied(self._slots())
        self._remember_best()

    def on_epoch_end(self, epoch, logs=None):
        """Observes the epoch's metric and acts on it."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        if self.spec.monitor not in logs:
            raise ValueError(
                f"monitor: {self.spec.monitor!r} is not among the logs; choose one of {sorted(logs)}"
            )
        self.state, decision = observe(self.state, logs[self.spec.monitor])
        self.decisions.append(decision)
        if decision.improved:
            self._remember_best()
        if decision.restore:
            put_back(self.model.weights, self._best)
        if decision.acts:
            self._change_slots(decision)
            self._cut(decision.new_multiplier / decision.old_multiplier)
        if decision.kind == "stop":
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """Leaves the best weights."""
        if self.spec.restore_best:
            put_back(self.model.weights, self._best)

    @property
    def _optimizer(self) -> keras.optimizers.Optimizer:
        return getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)

    def _make_changeable(self) -> None:
        schedule = self._optimizer._learning_rate
        if not isinstance(schedule, LearningRateSchedule):
            return  # a variable, which can be assigned to
        if not (isinstance(schedule, Scaled) and isinstance(schedule.by, keras.Variable)):
            scale = keras.Variable(1.0, trainable=False, name="learning_rate_scale")
            self._optimizer.learning_rate = Scaled(schedule, scale)
            # An earlier fit may have traced the schedule alone; a function is never told of another one.
            self.model.make_train_function(force=True)

    def _cut(self, factor: float) -> None:
        rate = self._optimizer._learning_rate
        variable = rate.by if isinstance(rate, Scaled) else rate
        variable.assign(variable * factor)

    def _change_slots(self, decision: Decision) -> None:
        slots = "reset" if self.spec.slots == "keep" and decision.broken else self.spec.slots
        if slots != "keep":
            put_back(self._slots(), self._initial_slots if slots == "reset" else self._best_slots)

    def _slots(self) -> list[keras.Variable]:
        # The schedule goes by the iterations, and the rate may itself be one of the optimizer's variables.
        kept = {id(self._optimizer._iterations), id(self._optimizer._learning_rate)}
        return [variable for variable in self.model.optimizer.variables if id(variable) not in kept]

    def _remember_best(self) -> None:
        self._best, self._best_slots = copied(self.model.weights), copied(self._slots())
