"""The plateau machine in your own training loop.

A `train_step` under `tf.function` whose learning rate and batch size change at a plateau, without retracing:
the learning rate is read from a variable, and the input signature leaves the batch size open.

    python -m examples.custom_loop
"""

import keras
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from reactive_schedules import Cosine, Horizon, PlateauSpec, PlateauState, Scaled, observe
from reactive_schedules.keras.clock import Clock, OnClock

EPOCHS, BATCH_SIZE = 24, 16


def main() -> dict:
    """Trains a small network on digits; returns rates and batch sizes by epoch, decisions, traces, accuracy."""
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    x, x_held_out, y, y_held_out = train_test_split(images / 16, labels, test_size=0.3, random_state=0)
    examples = tf.data.Dataset.from_tensor_slices((x.astype("float32"), y)).shuffle(len(x), seed=0)

    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
    )
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    # Any schedule, driven by a clock that counts examples, times a multiplier that the plateau machine sets.
    schedule = Cosine(peak=0.1, horizon=Horizon.of_examples(len(x), batch_size=BATCH_SIZE, epochs=EPOCHS))
    clock, scale = Clock(len(x), BATCH_SIZE), keras.Variable(1.0, trainable=False)
    optimizer = keras.optimizers.SGD(OnClock(Scaled(schedule, scale), clock), momentum=0.9)
    optimizer.build(model.trainable_variables)
    traces = 0

    @tf.function(input_signature=[tf.TensorSpec([None, 64], tf.float32), tf.TensorSpec([None], tf.int64)])
    def train_step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        nonlocal traces
        traces += 1  # runs while tracing only
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    spec = PlateauSpec(
        monitor="val_loss", patience=2, action="hybrid", growth=4.0, factor=0.25, max_actions=4
    )
    state = PlateauState.start(spec, BATCH_SIZE, examples=len(x))
    history, decisions = {"rate": [], "batch_size": []}, []
    for epoch in range(EPOCHS):
        for step, batch in enumerate(examples.batch(state.batch_size)):
            clock.step.assign(clock.at(epoch, step * state.batch_size))
            train_step(*batch)
        history["rate"].append(float(optimizer.learning_rate))
        history["batch_size"].append(state.batch_size)
        logits = model(x_held_out.astype("float32"))
        accuracy = float((keras.ops.argmax(logits, -1).numpy() == y_held_out).mean())

        state, decision = observe(state, float(loss_of(y_held_out, logits)))
        scale.assign(state.multiplier)
        if decision.kind != "continue":
            decisions.append(decision)
            print(f"epoch {epoch}: {decision.reason}")
        if state.stopped:
            break
    print(f"accuracy {accuracy:.1%} after {epoch + 1} epochs, {traces} trace")
    return {**history, "decisions": decisions, "traces": traces, "accuracy": accuracy}


if __name__ == "__main__":
    main()
