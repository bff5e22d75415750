"""`rs.ScheduleTuner`: KerasTuner's search with schedules, reactions and exact promotion."""

from pathlib import Path

import keras
import keras_tuner
import pytest

import reactive_schedules as rs
from reactive_schedules.search.kerastuner.arguments import arguments
from tests.reactive_schedules.search.kerastuner.problem import (
    SPACE,
    SPEC,
    TRAIN,
    VALIDATION,
    build,
    halving,
    search,
    tuner,
)

pytestmark = pytest.mark.slow


class Killed(keras.callbacks.Callback):
    """Ends the search before the last epoch of all is over."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 3:
            raise SystemExit


@pytest.fixture(scope="module")
def seen() -> dict[str, list]:
    """The hyperparameters that the function for callbacks was called with, and the epochs that began."""
    return {"hp": [], "epochs": []}


@pytest.fixture(scope="module")
def found(tmp_path_factory, seen):
    """A search by halving: 4 trials, of which 2 and then 1 are promoted; it was interrupted, and went on."""
    folder = tmp_path_factory.mktemp("found")
    with pytest.raises(SystemExit):
        search(tuner(folder), callbacks=[Killed()])
    assert len([*folder.rglob("trial.json")]) == 7

    def callbacks(hp):
        seen["hp"].append(dict(hp.values))
        return [
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: seen["epochs"].append(epoch))
        ]

    return search(tuner(folder), callbacks=callbacks)


def test_an_interrupted_search_goes_on_in_the_epoch_it_had_reached(found, seen):
    assert seen["epochs"] == [3]
    assert [values["tuner/epochs"] for values in seen["hp"]] == [4]
    assert sorted(found.oracle.trials) == [f"000{number}" for number in range(7)]


def test_promoted_trials_are_parts_of_an_uninterrupted_training(found):
    (best,) = found.oracle.get_best_trials()
    hp = best.hyperparameters
    assert (hp.get("tuner/epochs"), hp.get("tuner/initial_epoch")) == (4, 2)
    spec = found.spec_of(hp)
    keras.backend.clear_session()
    keras.utils.set_random_seed(spec.seed)
    model = build(hp)
    result = rs.fit(model, TRAIN, VALIDATION, spec, optimizer=model.optimizer)
    assert best.score == result.best_metric
    assert best.metrics.get_last_value("accuracy") == result.history["accuracy"][result.best_epoch or 0]
    assert best.metrics.get_last_value("tuner/epochs") == 4
    for epochs in (2, 1):
        best = found.oracle.trials[best.hyperparameters.get("tuner/trial_id")]
        assert best.hyperparameters.get("tuner/epochs") == epochs
        assert best.score == min(result.history["val_loss"][:epochs])
    (model,) = found.get_best_models()
    loss, _ = model.evaluate(*VALIDATION, verbose=0)
    assert loss == pytest.approx(result.best_metric, rel=1e-5)


def test_the_space_of_the_schedule_is_beside_that_of_the_model(found):
    names = {"learning_rate.peak", "batch_size", "width"}
    trials = found.oracle.trials
    assert {
        name for each in trials.values() for name in each.hyperparameters.values if "/" not in name
    } == names
    assert found.spec_of(trials["0000"].hyperparameters) == rs.TrainingSpec.parse(SPEC)
    for each in trials.values():
        assert each.metrics.get_last_value("batch_size") == each.hyperparameters.get("batch_size")


def test_checkpoints_remain_only_of_trials_that_can_go_on(found):
    states = Path(found.project_dir).glob("trial_*/state")
    kept = [found.oracle.trials[path.parent.name.removeprefix("trial_")] for path in states]
    assert sorted(each.hyperparameters.get("tuner/epochs") for each in kept) == [1, 1, 2]


def test_kerastuners_own_hyperband_and_early_stopping(tmp_path):
    """With an optimizer of the space, weights, and trials that end early."""
    oracle = keras_tuner.oracles.HyperbandOracle(
        keras_tuner.Objective("val_accuracy", "max"), max_epochs=2, factor=2, hyperband_iterations=1, seed=3
    )
    spec = {**SPEC, "epochs": 2, "plateau": None}
    space = {"optimizer": {"name": ["sgd", "adam"]}}
    made = tuner(tmp_path, oracle, spec=spec, space=space)
    search(
        made,
        class_weight={3: 2.0},
        callbacks=[keras.callbacks.EarlyStopping("loss", patience=0, min_delta=99)],
    )
    promoted = [each for each in oracle.trials.values() if "tuner/trial_id" in each.hyperparameters.values]
    assert promoted
    assert {each.status for each in oracle.trials.values()} == {"COMPLETED"}
    best = made.get_best_hyperparameters()[0]
    assert made.spec_of(best).optimizer.name == best.get("optimizer.name")


def test_the_score_is_the_mean_of_the_executions_and_the_model_the_best_of_them(tmp_path):
    oracle = rs.Oracle("random", "val_loss", max_trials=1)
    made = search(tuner(tmp_path, oracle, spec={**SPEC, "epochs": 1}, executions_per_trial=2))
    (trial,), (model,) = oracle.get_best_trials(), made.get_best_models()
    loss, _ = model.evaluate(*VALIDATION, verbose=0)
    assert loss < trial.score - 1e-4
    assert not [*tmp_path.rglob("*.npz")]


class Own(keras_tuner.HyperModel):
    def __init__(self, fit):
        super().__init__()
        self._own = fit

    def build(self, hp):
        return build(hp)


class OwnFit(Own):
    def fit(self, hp, model, *args, **kwargs):
        return self._own(hp, kwargs)


class OwnFitWithSpec(Own):
    def fit(self, hp, model, *args, spec, **kwargs):
        return self._own(spec, kwargs)


def test_an_own_fit_runs_as_in_kerastuner_which_is_said(tmp_path):
    def fit(hp, kwargs):
        assert {"validation_data", "callbacks", "verbose"} == kwargs.keys()
        return float(hp.get("width"))

    oracle = rs.Oracle("random", max_trials=2)
    with pytest.warns(
        UserWarning, match="HyperModel.fit: trains as it likes; the spec has no effect"
    ) as said:
        made = search(tuner(tmp_path, oracle, OwnFit(fit), space=None), callbacks=lambda hp: [])
    assert len([each for each in said if "HyperModel" in str(each.message)]) == 1
    assert made.get_best_hyperparameters()[0].get("width") == 8
    with pytest.raises(ValueError, match="space: has no effect, because HyperModel.fit does not take"):
        tuner(tmp_path / "other", oracle, OwnFit(fit))
    with pytest.warns(UserWarning, match="trains as it likes; promoted trials begin anew"):
        made = tuner(
            tmp_path / "spec",
            rs.Oracle("random", max_trials=2),
            OwnFitWithSpec(lambda spec, _: spec.learning_rate.peak),
        )
    assert search(made).oracle.get_best_trials()[0].score <= 0.01


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"epochs": 3},
            "search: epochs: is not an argument of a schedule's training; set epochs of the spec",
        ),
        ({"batch_size": 3}, "search: batch_size: is not an argument .*, or search it in the space"),
        ({"validation_split": 0.1}, "pass validation_data"),
        ({"nonsense": 1}, "choose from x, y, sample_weight, "),
        ({"validation_data": None}, "objective: val_loss needs validation data; pass validation_data"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused_before_the_first_trial(tmp_path, changes, message):
    made = tuner(tmp_path)
    with pytest.raises(ValueError, match=message):
        search(made, **changes)
    assert not made.oracle.trials


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"space": {"model": {"width": [1, 2]}}},
            "space.model: is searched by HyperModel.build; leave it out",
        ),
        ({"space": {"learning_rate": {"peek": [1, 2]}}}, "space.learning_rate.peek"),
        ({"space": {"epochs": [1, 2]}}, "space.epochs: cannot be searched"),
        ({"spec": {**SPEC, "epochs": 0}}, "epochs: "),
    ],
)
def test_mistakes_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        tuner(tmp_path, **changes)


def test_what_does_not_fit_together_is_refused(tmp_path):
    theirs = keras_tuner.oracles.RandomSearchOracle(keras_tuner.Objective("val_loss", "max"))
    with pytest.raises(ValueError, match="objective: max contradicts val_loss, of which smaller values"):
        tuner(tmp_path / "direction", theirs)
    with pytest.raises(
        ValueError, match="epochs: the oracle asks for 4 epochs, but the spec has 3; give both the same"
    ):
        search(tuner(tmp_path / "epochs", spec={**SPEC, "epochs": 3}))
    with pytest.raises(ValueError, match='objective: is missing; give the oracle one, such as "val_loss"'):
        search(tuner(tmp_path / "objective", rs.Oracle("random")))
    made = tuner(
        tmp_path / "name",
        rs.Oracle("random", keras_tuner.Objective("val_f1", "max")),
        spec={**SPEC, "epochs": 1},
    )
    with pytest.raises(
        ValueError, match="objective: 'val_f1' is not among the logs; choose one of accuracy, batch_size"
    ):
        search(made)
    assert halving().objective.name == "val_loss"


def test_data_and_weights_are_those_of_fit():
    x, y = TRAIN
    assert arguments(x, y, sample_weight=y).train == (x, y, y)
    assert arguments(x=TRAIN).train is TRAIN
    with pytest.raises(ValueError, match="search: sample_weight: needs x and y"):
        arguments(TRAIN, sample_weight=y)
    with pytest.raises(ValueError, match="search: x: is missing"):
        arguments(validation_data=VALIDATION)
    assert set(SPACE) == {"learning_rate", "batch_size"}
