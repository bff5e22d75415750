"""The learning rates in TensorBoard are those of the steps."""

import pytest

import reactive_schedules as rs
from components.trainer.tensorboard import TensorBoardLog
from tests.components.test_trainer import scalars
from tests.reactive_schedules.training.small_problem import COMPILE, build_model, data, validation_data


@pytest.mark.parametrize("plateau", [{"every": "8st"}, {"min_rate": 0.004}], ids=["every", "min_rate"])
def test_where_one_factor_does_not_give_the_rate_of_each_step_only_the_last_is_shown(plateau, tmp_path):
    spec = rs.TrainingSpec.parse(
        {
            "learning_rate": {"family": "linear", "peak": 0.01},
            "batch_size": 8,
            "epochs": 4,
            "plateau": {"patience": 1, "min_delta": 1e9, "max_actions": 4, **plateau},
        }
    )
    with TensorBoardLog(str(tmp_path), spec, 203, {}) as log:
        result = rs.fit(build_model(0.0), data(), validation_data(), spec, **COMPILE, on_epoch=log)
    found = scalars(tmp_path / "train")["learning_rate"]
    assert [*found.values()] == pytest.approx(result.history["learning_rate"])
    assert max(found) + 1 == result.updates
