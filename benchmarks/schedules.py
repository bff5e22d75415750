"""What a schedule costs: a training step with each schedule against a constant rate, and 10 million evaluations.

    python benchmarks/schedules.py [--repeats 100]

Training: one process, the same network, one compiled function per schedule, measured in turns in another order each
time; a second function with a float rate shows how much of a ratio is noise. Goal: within 2 %.

Evaluation: 10 million steps as one vector, by the Keras schedule and by numpy, against the plain formula as one would
type it in numpy. Goal: within 1.5 times.
"""

import argparse
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

# This file has the library's name, and its folder comes first in the path of a script.
sys.path[0] = str(Path(__file__).parents[1])

import reactive_schedules as rs  # noqa: E402
from reactive_schedules.families import FAMILIES  # noqa: E402

RUN = 10_000_000
STEPS = 50  # in one compiled call


def schedule_of(name: str) -> keras.optimizers.schedules.LearningRateSchedule:
    """A schedule of each family over the run, with a warm-up where it can have one."""
    if name == "sequence":
        parts = [{"family": "linear", "peak": 0.01}, {"family": "cosine", "peak": 0.005}]
        family = FAMILIES[name].parse({"parts": parts, "boundaries": ["50%"]})
    else:
        family = FAMILIES[name].parse({"peak": 0.01, "warmup": "10%"})
    return rs.build_schedule(family, RUN)


def training_step(rate, width: int, batch: int):
    """A function that takes `STEPS` training steps of a small network, compiled as Keras does by default."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((64,)), *(keras.layers.Dense(width, "relu") for _ in range(2)), keras.layers.Dense(10)]
    )
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=STEPS,
    )
    random = np.random.default_rng(0)
    x = random.normal(size=(batch, 64)).astype("float32")
    y = random.integers(0, 10, size=batch)
    batches = iter(tf.data.Dataset.from_tensors((x, y)).repeat())
    model._symbolic_build(data_batch=next(batches))
    model.make_train_function()
    return lambda: model.train_function(batches)


def seconds(run) -> tuple[float, float]:
    """Wall time and CPU time of one step."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return (time.perf_counter() - wall) / STEPS, (time.process_time() - cpu) / STEPS


def training_table(repeats: int, width: int, batch: int) -> None:
    """Prints the cost of each schedule in a training step."""
    runs = {"a float": training_step(0.01, width, batch)}
    runs |= {name: training_step(schedule_of(name), width, batch) for name in FAMILIES}
    scale = keras.Variable(1.0, trainable=False)
    runs["scaled one_cycle"] = training_step(rs.Scaled(schedule_of("one_cycle"), scale), width, batch)
    runs["a float again"] = training_step(0.01, width, batch)
    for run in runs.values():
        run()
    times = {name: [] for name in runs}
    order = list(runs)
    for _ in range(repeats):
        # Another order each time, so that a drift of the machine favours none.
        order = [*order[1:], order[0]]
        for name in order:
            times[name].append(seconds(runs[name]))
    # Whatever else the machine does only adds time: the fast tenth of the measurements is the code's own.
    fast = {name: np.quantile(taken, 0.1, axis=0) for name, taken in times.items()}
    # Both functions with a float rate are the same code.
    base = (fast["a float"] + fast["a float again"]) / 2
    print(
        f"Training step: dense 64-{width}-{width}-10, batch {batch}; fast tenth of {repeats} times {STEPS} steps"
    )
    print(f"{'':22}{'wall µs':>9}{'ratio':>8}{'CPU µs':>9}{'ratio':>8}")
    for name, taken in fast.items():
        wall, cpu = taken / base
        print(f"{name:22}{taken[0] * 1e6:9.1f}{wall:8.3f}{taken[1] * 1e6:9.1f}{cpu:8.3f}")
    ratios = np.array([taken / base for name, taken in fast.items() if not name.startswith("a float")])
    for what, (wall, cpu) in (("median", np.median(ratios, axis=0)), ("highest", ratios.max(axis=0))):
        print(f"{what:22}{'':9}{wall:8.3f}{'':9}{cpu:8.3f}")
    print()


def plain_formulas() -> dict:
    """The formulas as one would type them in numpy, for a float64 vector of steps."""
    warm = RUN // 10
    length = RUN - warm

    def warmed(after):
        return lambda s: np.where(s < warm, 0.01 * s / warm, after(np.maximum(s - warm, 0)))

    def one_cycle(s):
        up = 0.0004 + 0.0096 * (1 - np.cos(np.pi * s / warm)) / 2
        down = 4e-8 + (0.01 - 4e-8) * (1 + np.cos(np.pi * np.clip((s - warm) / length, 0, 1))) / 2
        return np.where(s < warm, up, down)

    def cyclical(s):
        size = RUN // 10
        cycle = np.floor(1 + s / (2 * size))
        return 0.001 + 0.009 * np.maximum(0, 1 - np.abs(s / size - 2 * cycle + 1))

    return {
        "constant": warmed(lambda s: np.full_like(s, 0.01)),
        "linear": warmed(lambda s: 0.01 * (1 - np.minimum(s / length, 1))),
        "exponential": warmed(lambda s: 0.01 * 0.01 ** (s / length)),
        "inverse_time": warmed(lambda s: 0.01 / (1 + 99 * s / length)),
        "polynomial": warmed(lambda s: 0.01 * (1 - np.minimum(s / length, 1)) ** 2.0),
        "cosine": warmed(lambda s: 0.01 * (1 + np.cos(np.pi * np.minimum(s / length, 1))) / 2),
        "rex": warmed(lambda s: 0.01 * (1 - np.minimum(s / length, 1)) / (1 - np.minimum(s / length, 1) / 2)),
        "inverse_sqrt": warmed(lambda s: 0.01 * np.sqrt(warm / (s + warm))),
        "cyclical": warmed(cyclical),
        "one_cycle": one_cycle,
    }


def evaluation_table(repeats: int) -> None:
    """Prints the time of 10 million evaluations."""
    steps = np.arange(RUN)
    print(f"Evaluating {RUN:,} steps, int64 in; seconds, best of {repeats}")
    print(f"{'':22}{'plain numpy':>12}{'our numpy':>12}{'ratio':>8}{'Keras':>9}{'ratio':>8}")
    for name, plain in plain_formulas().items():
        ours = schedule_of(name)
        compiled = tf.function(ours.__call__, autograph=False)
        tensor = tf.constant(steps)
        ways = {
            "plain": lambda plain=plain: plain(steps.astype("float64")),
            "numpy": lambda ours=ours: ours.spec(steps),
            "keras": lambda compiled=compiled, tensor=tensor: compiled(tensor).numpy(),
        }
        times = {way: [] for way in ways}
        for run in ways.values():
            run()
        for _ in range(repeats):
            for way, run in ways.items():
                began = time.perf_counter()
                run()
                times[way].append(time.perf_counter() - began)
        base, numpy_time, keras_time = (min(times[way]) for way in ("plain", "numpy", "keras"))
        print(
            f"{name:22}{base:12.3f}{numpy_time:12.3f}{numpy_time / base:8.2f}"
            f"{keras_time:9.3f}{keras_time / base:8.2f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=100, help="measurements of each kind")
    parser.add_argument("--width", type=int, default=256, help="units per hidden layer")
    parser.add_argument("--batch", type=int, default=128, help="examples per step")
    given = parser.parse_args()
    training_table(given.repeats, given.width, given.batch)
    evaluation_table(5)
