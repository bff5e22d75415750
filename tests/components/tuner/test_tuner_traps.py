"""Faults of the stock Tuners of KerasTuner and TFX that ours does not have."""

import pytest
from tfx.components.tuner import executor as stock
from tfx.types import standard_artifacts

import reactive_schedules as rs
from tests.components import transformed
from tests.reactive_schedules.search import stock_hyperband
from tests.reactive_schedules.search.stock_hyperband import EPOCHS, STEPS, X, Y, model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stock_error(digits_run, tmp_path_factory) -> Exception | None:
    """Runs TFX's Tuner with KerasTuner's Hyperband; returns the error that it raised."""
    folder = tmp_path_factory.mktemp("stock")
    outputs = {
        "best_hyperparameters": [standard_artifacts.HyperParameters()],
        "tuner_results": [standard_artifacts.TunerResults()],
    }
    for key, (artifact,) in outputs.items():
        artifact.uri = str(folder / key)
    executor = stock.Executor(stock.Executor.Context(tmp_dir=str(folder / "tmp"), unique_id="1"))
    properties = {
        "tuner_fn": "tests.reactive_schedules.search.stock_hyperband.tuner_fn",
        "train_args": "{}",
        "eval_args": "{}",
    }
    try:
        executor.Do(transformed.inputs(digits_run.workspace), outputs, properties)
    except Exception as error:
        return error


def test_stock_fails_after_the_whole_search_of_hyperband(stock_error):
    assert isinstance(stock_error, TypeError)
    assert "NoneType" in str(stock_error)
    assert len(stock_hyperband.Begun.found) == 5  # all trials were trained before that


def test_stock_forgets_the_optimizer_of_a_promoted_trial(stock_error):
    promoted = [steps for epoch, steps in stock_hyperband.Begun.found if epoch > 0]
    assert promoted == [0]  # so warm-up starts again, and momentum is lost


def test_ours_continues_with_the_optimizer_of_a_promoted_trial(tmp_path):
    spec = rs.TrainingSpec.parse(
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            "learning_rate": {"family": "constant", "peak": 0.01, "warmup": "1ep"},
            "batch_size": 32,
            "epochs": EPOCHS,
        }
    )
    stock_hyperband.Begun.found.clear()
    for until in (1, EPOCHS):
        rs.fit(
            model(),
            (X, Y),
            (X, Y),
            spec,
            loss="mse",
            until=until,
            checkpoint_dir=tmp_path,
            callbacks=[stock_hyperband.Begun()],
        )
    assert stock_hyperband.Begun.found == [(0, 0), (1, STEPS)]
