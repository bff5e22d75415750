"""The Trainer's executor on the artifacts of a real Transform."""

import json
import math

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

import reactive_schedules as rs
from components.artifacts import CONFIGURED
from components.learning.attempt import checkpoint_dir
from components.learning.best_hyperparameters import write_best
from components.learning.learn import learn
from components.learning.splits import SPLITS
from components.learning.stream import StreamSource
from components.learning.task import load_task
from components.model_store import model_files
from components.trainer.live import Live
from components.trainer.tensorboard import POINTS, TensorBoardLog
from reactive_schedules import EpochEnd, TrainingSpec, plain_json
from tests.components import transformed

pytestmark = pytest.mark.slow

SPEC = TrainingSpec.parse(transformed.TRAINING)
TINY = {
    **transformed.TRAINING,
    "learning_rate": {"family": "constant", "peak": 1e-9},
    "epochs": 1,
    "plateau": None,
}


@pytest.fixture(scope="module")
def inputs(digits_run) -> dict:
    return transformed.inputs(digits_run.workspace)


@pytest.fixture(scope="module")
def trained(inputs, tmp_path_factory) -> dict:
    """Output folders of a training with a growing batch."""
    plateau = {"monitor": "val_loss", "patience": 1, "action": "grow", "min_delta": 0.5, "max_actions": 1}
    return transformed.train(
        tmp_path_factory.mktemp("trained"),
        inputs,
        training={
            **transformed.TRAINING,
            "learning_rate": {"family": "one_cycle", "peak": 0.05},
            "epochs": 6,
            "plateau": plateau,
        },
    )


def record_of(folders: dict) -> dict:
    return json.loads((folders["training_record"] / "record.json").read_text())


def scalars(folder) -> dict[str, dict[int, float]]:
    """Returns step to value by tag, from all event files in `folder`."""
    found: dict[str, dict[int, float]] = {}
    for file in sorted(folder.iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_history_is_a_table(trained):
    history = record_of(trained)["history"]
    folder = trained["training_record"]
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert lines == pd.read_parquet(folder / "history.parquet").to_dict("records")
    assert [line["epoch"] for line in lines] == list(range(1, len(history["loss"]) + 1))
    for name in (
        "loss",
        "val_loss",
        "accuracy",
        "val_accuracy",
        "learning_rate",
        "batch_size",
        "examples_seen",
    ):
        assert [line[name] for line in lines] == history[name]


def test_decisions_and_a_picture_are_kept(trained):
    record, folder = record_of(trained), trained["training_record"]
    lines = [json.loads(line) for line in (folder / "decisions.jsonl").read_text().splitlines()]
    assert lines == record["decisions"]
    assert {decision["kind"] for decision in lines} >= {"grow"}
    assert (folder / "training.png").read_bytes().startswith(b"\x89PNG")


def test_the_card_counts_the_values_of_an_example(trained):
    card = json.loads((trained["model"] / "Format-Serving" / model_files.CARD).read_text())
    assert card["input_values"] == 8 * 8


def test_json_has_null_where_a_metric_was_not_finite():
    value = {"loss": [1.0, math.nan, math.inf], "best": (2, None)}
    assert json.loads(plain_json.dumps(value)) == {"loss": [1.0, None, None], "best": [2, None]}


def test_tensorboard_shows_metrics_by_epoch(trained):
    history, logs = record_of(trained)["history"], trained["model_run"]
    train, validation = scalars(logs / "train"), scalars(logs / "validation")
    for name in ("loss", "accuracy", "learning_rate", "batch_size"):
        np.testing.assert_allclose([*train[f"epoch_{name}"].values()], history[name], rtol=1e-6)
        assert [*train[f"epoch_{name}"]] == list(range(len(history[name])))
    np.testing.assert_allclose([*validation["epoch_loss"].values()], history["val_loss"], rtol=1e-6)


def test_tensorboard_shows_rate_and_batch_by_step(trained):
    history, train = record_of(trained)["history"], scalars(trained["model_run"] / "train")
    sizes = [int(size) for size in history["batch_size"]]
    examples = int(history["examples_seen"][0])
    steps = np.cumsum([0, *(-(-examples // size) for size in sizes)])
    assert len(set(sizes)) > 1
    # Every step of these short epochs is there, and the last of each has the rate of the history.
    assert [*train["learning_rate"]] == list(range(steps[-1]))
    last = [train["learning_rate"][step] for step in steps[1:] - 1]
    np.testing.assert_allclose(last, history["learning_rate"], rtol=1e-6)
    for size, first, end in zip(sizes, steps, steps[1:], strict=False):
        assert train["batch_size"][first] == train["batch_size"][end - 1] == size
    # One cycle, on the clock of examples: what the schedule itself says at the first epoch's steps.
    horizon = rs.Horizon.of_examples(examples, batch_size=64, epochs=6)
    cycle = TrainingSpec.parse({"learning_rate": {"family": "one_cycle", "peak": 0.05}}).learning_rate
    expected = cycle.resolve(horizon)(np.arange(steps[1]))
    got = [train["learning_rate"][step] for step in range(steps[1])]
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_tensorboard_of_a_resumed_training_has_the_earlier_epochs_too(trained, tmp_path):
    record = record_of(trained)
    spec, history = TrainingSpec.parse(record["training"]), record["history"]
    with TensorBoardLog(str(tmp_path), spec, int(history["examples_seen"][0]), history):
        pass
    for split in ("train", "validation"):
        assert scalars(tmp_path / split) == scalars(trained["model_run"] / split)


def test_long_epochs_write_a_bounded_number_of_points(tmp_path):
    logs = {"loss": 1.0, "learning_rate": 0.03, "batch_size": 64, "examples_seen": 10**8}
    with TensorBoardLog(str(tmp_path), SPEC, 10**8, {}) as board:
        board(EpochEnd(0, logs, None, None, 1.0, 1.0))
    written = scalars(tmp_path / "train")["learning_rate"]
    assert len(written) == POINTS // SPEC.horizon(10**8).epochs
    assert max(written) == -(-(10**8) // 64) - 1


def test_checkpoints_belong_to_inputs_and_properties(inputs):
    def place(execution: int, **values):
        uri = f"/pipeline/Trainer/model/{execution}"
        return checkpoint_dir(uri, inputs, transformed.properties(**values))

    assert place(7) == place(8)
    assert place(7).parent.as_posix() == "/pipeline/Trainer/checkpoints"
    assert len({place(7), place(7, code="1"), place(7, training={**transformed.TRAINING, "seed": 1})}) == 3


def test_tuned_hyperparameters_take_precedence(inputs, tmp_path):
    tuned = keras_tuner.HyperParameters()
    tuned.Fixed("learning_rate.family", "one_cycle")
    tuned.Fixed("learning_rate.final_ratio", 0.5)
    tuned.Fixed("learning_rate.tail", "cosine")  # not one of the chosen family
    tuned.Fixed("plateau.patience", 3)
    tuned.Fixed("batch_size", 128)
    tuned.Fixed("model.width", 8)
    tuned.Fixed("tuner/epochs", 1)
    best = standard_artifacts.HyperParameters()
    best.uri = str(tmp_path / "best")
    write_best(tuned, best.uri)
    training = {
        **transformed.TRAINING,
        "learning_rate": {"family": "exponential", "peak": 0.04, "warmup": "1ep", "staircase": True},
        "epochs": 3,
    }
    folders = transformed.train(tmp_path, {**inputs, "hyperparameters": [best]}, training=training)
    record = record_of(folders)
    spec = TrainingSpec.parse(record["training"])
    expected = {"family": "one_cycle", "peak": 0.04, "warmup": "1ep", "final_ratio": 0.5}
    assert spec.learning_rate == TrainingSpec.parse({"learning_rate": expected}).learning_rate
    assert (spec.batch_size, spec.epochs) == (128, 3)
    assert (spec.plateau.patience, spec.plateau.factor) == (3, 0.25)  # the factor was not searched
    assert record["model"]["hyperparameters"] == {**transformed.MODEL, "width": 8}
    assert len(record["history"]["loss"]) == 3
    assert record["history"]["batch_size"] == [128, 128, 128]
    written = json.loads((folders["model"] / CONFIGURED / "Format-Serving" / model_files.CARD).read_text())
    assert TrainingSpec.parse(written["training"]) == TrainingSpec.parse(training)
    assert written["model"]["hyperparameters"] == transformed.MODEL
    assert (written["candidate"], written["data"]) == (record["candidate"], record["data"])


def test_invalid_tuned_value_is_reported_with_its_path(inputs, tmp_path):
    tuned = keras_tuner.HyperParameters()
    tuned.Fixed("plateau.factor", 2.0)
    best = standard_artifacts.HyperParameters()
    best.uri = str(tmp_path / "best")
    write_best(tuned, best.uri)
    with pytest.raises(rs.SpecError, match=r"plateau\.factor: .*got 2\.0"):
        transformed.train(tmp_path, {**inputs, "hyperparameters": [best]})


def test_warm_start_begins_with_the_weights_of_the_base_model(inputs, tmp_path):
    base = transformed.train(tmp_path / "base", inputs)
    model = standard_artifacts.Model()
    model.uri = str(base["model"])
    folders = transformed.train(tmp_path, {**inputs, "base_model": [model]}, training=TINY)
    record = record_of(folders)
    assert record["base_model"] == model.uri
    # After steps too small to change anything, the metric is that of the base model's best epoch.
    (start,) = record["history"]["val_loss"]
    assert start == pytest.approx(record_of(base)["best_metric"], rel=1e-3)
    assert start < 0.9 * record_of(base)["history"]["val_loss"][0]


def test_warm_start_without_a_model_in_production_starts_afresh(inputs, tmp_path):
    model = standard_artifacts.Model()
    model.uri = str(tmp_path / "empty")
    folders = [
        transformed.train(tmp_path / name, {**inputs, **more}, training=TINY)
        for name, more in (("empty", {"base_model": [model]}), ("none", {}))
    ]
    records = [record_of(each) for each in folders]
    assert records[0]["base_model"] is None
    assert records[0]["history"] == records[1]["history"]


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({"width": 8}, r"weight 7 is kernel \(\d+, 16\) there, kernel \(\d+, 8\) here; set model.warm_start"),
        ({"depth": 2}, "10 weights there, 12 here; set model.warm_start to false"),
    ],
)
def test_warm_start_from_a_different_architecture_is_refused(
    trained, inputs, tmp_path, hyperparameters, message
):
    model = standard_artifacts.Model()
    model.uri = str(trained["model"])
    values = {**transformed.MODEL, **hyperparameters}
    with pytest.raises(
        ValueError, match=f"base_model: .*Format-Serving has a different architecture: {message}"
    ):
        transformed.train(tmp_path, {**inputs, "base_model": [model]}, model_hyperparameters=values)


def test_warm_start_from_a_model_of_other_software_is_refused(inputs, tmp_path):
    model = standard_artifacts.Model()
    model.uri = str(tmp_path)
    (tmp_path / "Format-Serving").mkdir()
    (tmp_path / "Format-Serving/saved_model.pb").touch()
    with pytest.raises(
        ValueError, match=r"does not contain assets.extra/model.keras, .*set model.warm_start to false"
    ):
        transformed.train(tmp_path, {**inputs, "base_model": [model]})


def test_warm_start_from_a_model_with_a_python_function_is_refused(tmp_path):
    from components.learning.warm_start import Base, take_weights

    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x), keras.layers.Dense(1)])
    (tmp_path / "assets.extra").mkdir()
    model.save(tmp_path / "assets.extra/model.keras")
    with pytest.raises(ValueError, match="Lambda"):
        take_weights(model, Base(tmp_path))


def test_live_line():
    logs = {"val_loss": 0.25, "learning_rate": 0.03, "batch_size": 64}
    start = rs.PlateauState.start(SPEC.plateau, 64, examples=1000)
    state, decision = rs.observe(start, 0.25)
    end = EpochEnd(0, logs, decision, state, 50.0, 12345.6)
    assert Live(SPEC).line(end) == (
        "epoch 1 of at most 4, val_loss 0.25 (best 0.25), wait 0/1, rate 0.03, batch 64, 12,346 examples/s, "
        "at most 2 min 30 s left"
    )
    assert (
        Live(SPEC, 3, (2, 5)).line(end).startswith("model 2 of 5, resumed at epoch 4: epoch 1 of at most 4, ")
    )
    assert Live(SPEC, 0, (2, 5)).line(end).startswith("model 2 of 5: epoch 1 of at most 4, ")
    last = EpochEnd(3, logs, decision, state, 50.0, 12345.6)
    assert Live(SPEC, resumed=2).line(last).startswith("resumed at epoch 3: epoch 4 of at most 4, ")
    assert "left" not in Live(SPEC).line(last)
    stopped = EpochEnd(0, logs, decision, state.model_copy(update={"stopped": True}), 50.0, 12345.6)
    assert "left" not in Live(SPEC).line(stopped)


def test_streamed_training_learns_as_well_as_one_in_memory(inputs):
    spec = TrainingSpec.parse({**transformed.TRAINING, "epochs": 8, "plateau": None})
    results = {}
    for budget in (0, 2**30):
        task = load_task(
            inputs["examples"], inputs["transform_graph"][0].uri, transformed.LABEL, SPLITS, budget
        )
        assert (
            isinstance(task.train, StreamSource) == isinstance(task.validation, StreamSource) == (budget == 0)
        )
        values = {**transformed.MODEL, "width": 32, "filters": 8}
        results[budget] = learn(task, spec, "pipeline.models.build_model", values).result
    streamed, memory = results.values()
    assert streamed.updates == memory.updates
    assert streamed.history["examples_seen"] == memory.history["examples_seen"]
    assert max(streamed.history["val_accuracy"]) > 0.9
    assert max(streamed.history["val_accuracy"]) == pytest.approx(
        max(memory.history["val_accuracy"]), abs=0.04
    )
