"""A training that is interrupted ends as one that was not."""

import json

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from reactive_schedules.training.checkpoint import CheckpointError
from tests.reactive_schedules.training.any_backend.running import (
    BACKEND,
    assert_equal_runs,
    fit,
    network,
    spec,
    stream,
)
from tests.reactive_schedules.training.small_problem import data


@pytest.mark.parametrize("name", ["nadam", "adafactor"])
def test_an_optimizer_by_name_resumes(name, tmp_path):
    chosen = rs.TrainingSpec.parse({**spec(2).model_dump(mode="json"), "optimizer": {"name": name}})
    whole = fit(chosen=chosen)
    fit(chosen=chosen, checkpoint_dir=tmp_path, until=1)
    assert_equal_runs(whole, fit(chosen=chosen, checkpoint_dir=tmp_path))
    assert whole[1].history["loss"][1] != whole[1].history["loss"][0]


def test_a_training_in_parts_equals_one_in_one_go(tmp_path):
    chosen = spec(action="hybrid", growth=2, max_batch_size=100, slots="restore")

    def dropping(seed):
        keras.utils.set_random_seed(seed)
        model = network(seed=seed)
        return keras.Sequential([keras.Input((6,)), keras.layers.Dropout(0.2), *model.layers])

    whole = fit(dropping(0), chosen=chosen)
    assert fit(dropping(0), chosen=chosen, checkpoint_dir=tmp_path, until=2)[1].stopped_by == "until"
    assert_equal_runs(whole, fit(dropping(1), chosen=chosen, checkpoint_dir=tmp_path))


class Crash(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 7:
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", [tuple, stream])
def test_a_crash_inside_an_epoch_costs_nothing(kind, tmp_path):
    whole = fit(train=kind(data(200)))
    with pytest.raises(KeyboardInterrupt):
        fit(train=kind(data(200)), checkpoint_dir=tmp_path, checkpoint_every=2, callbacks=[Crash()])
    assert_equal_runs(whole, fit(train=kind(data(200)), checkpoint_dir=tmp_path, checkpoint_every=2))


def change_record(folder, change):
    """Changes the record of a checkpoint."""
    with np.load(folder / "newest.npz") as file:
        arrays = dict(file)
    record = json.loads(arrays["record"].tobytes())
    change(record)
    arrays["record"] = np.frombuffer(json.dumps(record).encode(), np.uint8)
    np.savez(folder / "newest.npz", **arrays)


def test_a_checkpoint_without_keys_that_have_defaults_now_resumes(tmp_path):
    chosen = spec(3, action="decay", factor=0.5)
    fit(chosen=chosen, checkpoint_dir=tmp_path, until=1)

    def without(record):
        for section in (record["identity"]["spec"]["plateau"], record["plateau"]["spec"]):
            assert section.pop("min_rate") == 0.0
        assert record["identity"]["spec"]["optimizer"].pop("nesterov") is False
        assert record["identity"]["spec"].pop("seed") == 3

    change_record(tmp_path, without)
    with pytest.raises(
        CheckpointError, match="saved with spec.seed 0, but this run has 3; use another folder$"
    ):
        fit(chosen=chosen, checkpoint_dir=tmp_path)
    change_record(tmp_path, lambda record: record["identity"]["spec"].update(seed=3))
    assert_equal_runs(fit(chosen=chosen), fit(chosen=chosen, checkpoint_dir=tmp_path))


def test_a_checkpoint_of_another_backend_is_refused(tmp_path):
    fit(checkpoint_dir=tmp_path, until=1)
    change_record(tmp_path, lambda record: record["identity"].update(backend="numpy"))
    message = f"was saved with backend 'numpy', but this run has '{BACKEND}'; use another folder$"
    with pytest.raises(CheckpointError, match=message):
        fit(checkpoint_dir=tmp_path)


def test_ctrl_c_leaves_the_best_weights_and_the_result_so_far():
    class CtrlC(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                raise KeyboardInterrupt

    chosen = spec(6, action="decay", patience=3, min_delta=0)
    expected, _ = fit(chosen=chosen.model_copy(update={"epochs": 6}), until=3)
    model, result = fit(chosen=chosen, callbacks=[CtrlC()])
    assert (result.stopped_by, len(result.history["loss"])) == ("interrupt", 3)
    assert result.best_metric == min(result.history["val_loss"])
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


class Measured(keras.callbacks.Callback):
    """Adds what NumPy and the backend return, in some epochs only."""

    def on_epoch_end(self, epoch, logs=None):
        logs["number"], logs["tensor"] = np.float32(0.5), keras.ops.convert_to_tensor([1.0, 2.0])
        if epoch % 2 == 0:
            logs["rarely"] = float(epoch)


def test_what_callbacks_and_sources_count_with_numpy_is_saved(tmp_path):
    source = stream(data(200))
    setattr(type(source), "examples", np.int64(200))  # noqa: B010 (its type says int)
    chosen = spec(4)
    for until in (3, 4):
        _, result = fit(
            train=source, chosen=chosen, callbacks=[Measured()], checkpoint_dir=tmp_path, until=until
        )
    assert result.history["number"] == [0.5] * 4
    assert result.history["tensor"] == [[1.0, 2.0]] * 4
    assert result.history["rarely"] == [0.0, 2.0]
    assert "rarely" not in result.best_logs
    assert result.best_logs["val_loss"] == result.history["val_loss"][-1]


def test_callbacks_that_forget_are_named_on_resumption(tmp_path, recwarn):
    callbacks = [
        keras.callbacks.EarlyStopping(patience=9),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
    ]
    fit(checkpoint_dir=tmp_path / "run", callbacks=callbacks, until=2)
    assert not [warning for warning in recwarn if "forgot" in str(warning.message)]
    with pytest.warns(UserWarning, match="EarlyStopping and ModelCheckpoint forgot what came before epoch 3"):
        fit(checkpoint_dir=tmp_path / "run", callbacks=callbacks)
