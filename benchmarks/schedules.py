"""What a schedule costs: a training step with each schedule against a constant rate, and 10 million evaluations.

    python -m benchmarks.schedules [--repeats 100]

Training: one process, the same network, one compiled function per schedule, measured in turns in another order each
time; a second function with a float rate shows how much of a ratio is noise. Goal: within 2 %.

Evaluation: 10 million steps as one vector, by the Keras schedule and by numpy, against the plain formula as one would
type it in numpy. Goal: within 1.5 times.
"""

import functools
from collections.abc import Callable

import click
import keras
import numpy as np
import tensorflow as tf

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from benchmarks.measuring.turns import in_turns, timed
from reactive_schedules.families import FAMILIES

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


def training_step(rate: object, width: int, batch: int) -> Callable[[], object]:
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


def training_table(repeats: int, width: int, batch: int) -> None:
    """Prints the cost of each schedule in a training step."""
    runs = {"a float": training_step(0.01, width, batch)}
    runs |= {name: training_step(schedule_of(name), width, batch) for name in FAMILIES}
    scale = keras.Variable(1.0, trainable=False)
    runs["scaled one_cycle"] = training_step(rs.Scaled(schedule_of("one_cycle"), scale), width, batch)
    runs["a float again"] = training_step(0.01, width, batch)
    for run in runs.values():
        run()
    times = in_turns({name: functools.partial(timed, run) for name, run in runs.items()}, repeats)
    # Whatever else the machine does only adds time: the fast tenth of the measurements is the code's own.
    fast = {name: np.quantile(taken, 0.1, axis=0) / STEPS for name, taken in times.items()}
    # Both functions with a float rate are the same code.
    base = (fast["a float"] + fast["a float again"]) / 2
    click.echo(
        f"Training step: dense 64-{width}-{width}-10, batch {batch}; fast tenth of {repeats} times {STEPS} steps"
    )
    table = Table(22, ("wall µs", 9), ("ratio", 8), ("CPU µs", 9), ("ratio", 8))
    click.echo(table.heading())
    for name, taken in fast.items():
        (wall, cpu), (wall_ratio, cpu_ratio) = taken * 1e6, taken / base
        click.echo(table.row(name, f"{wall:.1f}", f"{wall_ratio:.3f}", f"{cpu:.1f}", f"{cpu_ratio:.3f}"))
    ratios = np.array([taken / base for name, taken in fast.items() if not name.startswith("a float")])
    for what, (wall, cpu) in (("median", np.median(ratios, axis=0)), ("highest", ratios.max(axis=0))):
        click.echo(table.row(what, "", f"{wall:.3f}", "", f"{cpu:.3f}"))
    click.echo()


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


def evaluation_table(repeats: int, count: int) -> None:
    """Prints the time of evaluating `count` steps of the run."""
    steps = np.linspace(0, RUN, count, endpoint=False, dtype="int64")
    click.echo(f"Evaluating {count:,} steps, int64 in; seconds, best of {repeats}")
    table = Table(22, ("plain numpy", 12), ("our numpy", 12), ("ratio", 8), ("Keras", 9), ("ratio", 8))
    click.echo(table.heading())
    for name, plain in plain_formulas().items():
        ways = evaluations(schedule_of(name), plain, steps)
        for run in ways.values():
            run()
        times = in_turns({way: functools.partial(timed, run) for way, run in ways.items()}, repeats)
        base, ours, in_keras = (min(taken.wall for taken in times[way]) for way in ways)
        cells = (
            f"{base:.3f}",
            f"{ours:.3f}",
            f"{ours / base:.2f}",
            f"{in_keras:.3f}",
            f"{in_keras / base:.2f}",
        )
        click.echo(table.row(name, *cells))


def evaluations(
    ours: keras.optimizers.schedules.LearningRateSchedule, plain: Callable, steps: np.ndarray
) -> dict[str, Callable[[], object]]:
    """Three ways to the rates at all steps: plain numpy, our numpy, Keras."""
    compiled = tf.function(ours.__call__, autograph=False)
    tensor = tf.constant(steps)
    return {
        "plain numpy": lambda: plain(steps.astype("float64")),
        "our numpy": lambda: ours.formula(steps),
        "Keras": lambda: compiled(tensor).numpy(),
    }


@benchmark
@size("--repeats", full=100, quick=2, type=click.IntRange(min=1), help="Measurements of a training step.")
@size("--width", full=256, quick=8, type=click.IntRange(min=1), help="Units per hidden layer.")
@size("--batch", full=128, quick=8, type=click.IntRange(min=1), help="Examples per step.")
@size("--evaluations", full=RUN, quick=1000, type=click.IntRange(min=1), help="Steps of the second table.")
def main(repeats: int, width: int, batch: int, evaluations: int) -> None:
    """Prints both tables."""
    training_table(repeats, width, batch)
    evaluation_table(min(repeats, 5), evaluations)


if __name__ == "__main__":
    main()
