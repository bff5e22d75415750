import keras
import numpy as np
import pytest

from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints
from reactive_schedules.training.fit import fit
from tests.reactive_schedules.training.small_problem import COMPILE, build_model, data, spec, validation_data


class Crash(keras.callbacks.Callback):
    """Leaves the training at a batch, as an exception in the user's code would."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.moment, self.epoch = (epoch, batch), None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.moment:
            raise KeyboardInterrupt


def train(chosen, folder=None, **options):
    # Another initialisation: all that counts has to come from the checkpoint.
    model = build_model(seed=17 if folder and Checkpoints(folder).newest.exists() else 0)
    result = fit(model, data(), validation_data(), chosen, **COMPILE, checkpoint_dir=folder, **options)
    return model, result


@pytest.fixture(scope="module")
def whole():
    """A training that nothing happened to."""
    return train(spec())


def assert_equal_runs(one, other):
    assert one[1].history == other[1].history
    assert one[1] == other[1]
    for ours, theirs in zip(
        [*one[0].variables, *one[0].optimizer.variables],
        [*other[0].variables, *other[0].optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(spec("grow", slots="reset", growth=1.5, max_batch_size=200), id="grow, slots reset"),
        pytest.param(spec("hybrid", slots="restore"), id="hybrid, slots restored"),
        pytest.param(spec(None), id="no plateau"),
    ],
)
def test_a_training_in_parts_equals_one_in_one_go(chosen, tmp_path):
    whole = train(chosen)
    for until in (1, 6):
        part = train(chosen, tmp_path / "parts", until=until)
        assert part[1].stopped_by == "until"
        assert len(part[1].history["loss"]) == until
    assert_equal_runs(whole, train(chosen, tmp_path / "parts"))


@pytest.mark.parametrize(("epoch", "batch"), [(0, 3), (2, 25), (5, 12)])
def test_a_crash_inside_an_epoch_costs_nothing(epoch, batch, whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(spec(), tmp_path / "crashed", checkpoint_every=4, callbacks=[Crash(epoch, batch)])
    assert_equal_runs(whole, train(spec(), tmp_path / "crashed", checkpoint_every=4))


def test_streamed_data_resume_inside_an_epoch(tmp_path):
    import tensorflow as tf

    def run(**options):
        train, validation = map(tf.data.Dataset.from_tensor_slices, (data(), validation_data()))
        model = build_model()
        return model, fit(model, train, validation, spec(epochs=4), **COMPILE, **options)

    whole = run()
    with pytest.raises(KeyboardInterrupt):
        run(checkpoint_dir=tmp_path, checkpoint_every=4, callbacks=[Crash(2, 14)])
    assert_equal_runs(whole, run(checkpoint_dir=tmp_path, checkpoint_every=4))


def test_a_finished_training_is_not_trained_again(tmp_path):
    first = train(spec(epochs=2), tmp_path / "done")
    again = train(spec(epochs=2), tmp_path / "done", on_epoch=lambda end: pytest.fail("trained again"))
    assert_equal_runs(first, again)


def test_a_damaged_checkpoint_costs_an_epoch_and_nothing_else(whole, tmp_path):
    train(spec(), tmp_path / "run", until=5)
    newest = Checkpoints(tmp_path / "run").newest
    newest.write_bytes(newest.read_bytes()[:-100])
    with pytest.warns(UserWarning, match="resuming from the previous one"):
        resumed = train(spec(), tmp_path / "run")
    assert_equal_runs(whole, resumed)


def test_a_checkpoint_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file/run"):
        train(spec(), tmp_path / "file" / "run", until=1)


def test_the_decision_log_forgets_what_came_after_the_checkpoint(tmp_path):
    log = tmp_path / "decisions.jsonl"
    train(spec(), decision_log=log)
    whole = log.read_text()
    train(spec(), tmp_path / "run", decision_log=log, until=4)
    with log.open("a") as file:
        file.write('{"epoch": 4, "half a li')
    train(spec(), tmp_path / "run", decision_log=log)
    assert log.read_text() == whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spec": spec("grow")}, "was saved with spec"),
        ({"train": data(100)}, "was saved with training examples 203, but this run has 100"),
        ({"validation": data(61)}, "was saved with validation examples 60, but this run has 61"),
        (
            {"model": keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])},
            "checkpoint belongs to a different model",
        ),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(change, message, tmp_path):
    train(spec(), tmp_path, until=1)
    arguments = {"model": build_model(), "train": data(), "validation": validation_data(), "spec": spec()}
    with pytest.raises(CheckpointError, match=message):
        fit(**{**arguments, **change}, **COMPILE, checkpoint_dir=tmp_path)
