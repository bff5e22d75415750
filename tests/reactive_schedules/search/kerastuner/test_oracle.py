"""`rs.Oracle` as the oracle of KerasTuner's own tuners."""

import math

import keras_tuner
import pytest

import reactive_schedules as rs
from reactive_schedules.search.registry import algorithms

EPOCHS = 9
ALGORITHMS = {name: {} for name in ("bayesian", "grid", "random", "tpe")} | {
    "tpe early": {"epochs": EPOCHS},
    "halving": {"epochs": EPOCHS},
    "hyperband": {"epochs": EPOCHS, "max_trials": None},
}


class Curve(keras_tuner.Tuner):
    """A tuner without a model, whose space shows only while trials run, as in KerasTuner's guides."""

    stops_after = math.inf
    ran = 0

    def run_trial(self, trial):
        hp = trial.hyperparameters
        loss = sum((hp.Float(f"x{layer}", -2.0, 2.0) - 1) ** 2 for layer in range(hp.Int("layers", 1, 3)))
        if hp.Boolean("flip"):
            loss += hp.Choice("late", [1, 2, 3])
        loss += (
            hp.Float("stepped", 0.0, 1.0, step=0.25) + hp.Int("skewed", 1, 50, sampling="reverse_log") / 100
        )
        assert hp.Fixed("fixed", 7) == 7
        self.ran += 1
        if self.ran > self.stops_after:
            raise KeyboardInterrupt
        return loss + 1 / hp.values.get("tuner/epochs", EPOCHS)


def oracle(name, **changes) -> rs.Oracle:
    options = {"max_trials": 8, **ALGORITHMS[name], **changes}
    return rs.Oracle(name.split()[0], **options)


def searched(name, folder, stops_after=math.inf, **changes) -> keras_tuner.Tuner:
    tuner = Curve(oracle(name, **changes), directory=folder)
    tuner.stops_after = stops_after
    tuner.oracle.verbose = 0
    tuner.search()
    return tuner


def trials(tuner) -> list:
    return [
        (dict(each.hyperparameters.values), each.score) for _, each in sorted(tuner.oracle.trials.items())
    ]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return {name: searched(name, tmp_path_factory.mktemp("alone")) for name in ALGORITHMS}


def test_every_registered_algorithm_is_tried_here():
    assert {name.split()[0] for name in ALGORITHMS} == {
        name
        for name, each in algorithms().items()
        if each.search.__module__.startswith("reactive_schedules.")
    }


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_first_trial_has_the_defaults_and_all_are_different(alone, name):
    found = [values for values, _ in trials(alone[name])]
    assert found[0].items() >= {"layers": 1, "x0": -2.0, "flip": False, "stepped": 0.0, "skewed": 1}.items()
    assert len({str(sorted(values.items())) for values in found}) == len(found)
    firsts = [values for values in found if "tuner/trial_id" not in values]
    assert len(firsts) == (8 if name != "hyperband" else len(firsts))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_value_that_is_given_twice_is_tried_once(name, tmp_path):
    class Twice(keras_tuner.Tuner):
        def run_trial(self, trial):
            trial.hyperparameters.values.get("tuner/epochs")
            return trial.hyperparameters.Choice("value", [1, 1, 2])

    tuner = Twice(oracle(name), directory=tmp_path)
    tuner.oracle.verbose = 0
    tuner.search()
    found = [values for values, _ in trials(tuner) if "tuner/trial_id" not in values]
    assert {values["value"] for values in found} == {1, 2}
    assert len(found) == 2 or name == "hyperband"  # which begins a trial anew in each bracket


@pytest.mark.parametrize("name", ["bayesian", "random", "tpe", "halving", "hyperband"])
def test_hyperparameters_that_show_late_are_searched(alone, name):
    found = [values for values, _ in trials(alone[name])]
    assert len({values["x1"] for values in found if "x1" in values}) > 2
    assert len({values["stepped"] for values in found}) > 2


@pytest.mark.parametrize("name", ["tpe early", "halving", "hyperband"])
def test_promoted_trials_are_the_same_ones_for_longer(alone, name):
    found = alone[name].oracle.trials
    promoted = [each for each in found.values() if "tuner/trial_id" in each.hyperparameters.values]
    assert promoted
    for trial in promoted:
        values = trial.hyperparameters.values
        before = found[values["tuner/trial_id"]].hyperparameters.values
        assert values["tuner/initial_epoch"] == before["tuner/epochs"] < values["tuner/epochs"] <= EPOCHS
        own = {key: value for key, value in before.items() if not key.startswith("tuner/")}
        assert own.items() <= values.items()
    (best,) = alone[name].get_best_hyperparameters()
    assert best.get("tuner/epochs") == EPOCHS


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_interrupted_search_goes_on_with_the_same_trials(alone, name, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        searched(name, tmp_path, stops_after=5)
    assert trials(searched(name, tmp_path)) == trials(alone[name])
    assert searched(name, tmp_path).ran == 0


@pytest.mark.parametrize("name", ["random", "halving"])
def test_a_finished_search_goes_on_with_more_trials(alone, name, tmp_path):
    searched(name, tmp_path, max_trials=5)
    grown = searched(name, tmp_path)
    assert grown.ran > 0
    wanted = {str(values) for values, _ in trials(alone[name]) if "tuner/trial_id" not in values}
    firsts = [values for values, _ in trials(grown) if "tuner/trial_id" not in values]
    assert {str(values) for values in firsts[:5]} == {str(values) for values, _ in trials(alone[name])[:5]}
    assert len(firsts) == len(wanted) == 8


def test_results_and_reloading_are_those_of_kerastuner(alone, tmp_path, capsys):
    tuner = searched("tpe", tmp_path)
    tuner.results_summary(2)
    said = capsys.readouterr().out
    assert f"Score: {min(score for _, score in trials(tuner))}" in said
    best = tuner.get_best_hyperparameters(2)
    tuner.reload()
    assert [each.values for each in tuner.get_best_hyperparameters(2)] == [each.values for each in best]
    again = Curve(oracle("tpe"), directory=tmp_path, overwrite=True)
    assert not again.oracle.trials


class Failing(keras_tuner.Tuner):
    """Every trial but one fails, or gives no finite number."""

    good = 1

    def run_trial(self, trial):
        trial.hyperparameters.Float("x", 0.0, 1.0)
        number = int(trial.trial_id)
        if number % 3 == 0 and number != self.good:
            raise ValueError("no such luck")
        return 1.0 if number == self.good else (math.nan, math.inf)[number % 2]


@pytest.mark.parametrize("name", ["random", "bayesian", "tpe"])
def test_failed_and_diverged_trials_do_not_end_a_search(name, tmp_path):
    tuner = Failing(oracle(name), directory=tmp_path)
    tuner.oracle.verbose = 0
    tuner.search()
    states = [each.status for _, each in sorted(tuner.oracle.trials.items())]
    assert states == ["FAILED", "COMPLETED", *["FAILED"] * 6]
    assert tuner.oracle.get_best_trials()[0].trial_id.endswith("1")


def test_a_search_in_which_nothing_works_ends(tmp_path):
    tuner = Failing(oracle("random"), directory=tmp_path)
    tuner.good, tuner.oracle.verbose = -1, 0
    with pytest.raises(RuntimeError, match="Number of consecutive failures exceeded the limit of 3"):
        tuner.search()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "halfing"}, "algorithm: must be one of 'bayesian', 'grid', "),
        ({"name": "halving", "epochs": None}, "epochs: halving compares trials before their end; give"),
        ({"name": "hyperband", "epochs": None}, "epochs: hyperband compares"),
        ({"name": "halving", "epochs": 0}, "epochs: must be at least 1; got 0"),
        (
            {"name": "halving", "min_epochs": 12},
            "min_epochs: must be at most the 9 epochs of a trial; got 12",
        ),
        (
            {"name": "hyperband", "max_trials": 3},
            "max_trials: hyperband derives it from epochs; leave it out",
        ),
        ({"name": "random", "max_trials": 0}, r"max_trials: must be an integer in \[1, 10000\]; got 0"),
        ({"name": "random", "factor": 3}, "factor: unknown key"),
        (
            {"name": "random", "objective": [keras_tuner.Objective("val_accuracy", "min"), "val_loss"]},
            "objective: min contradicts val_accuracy, of which larger values are better; remove it",
        ),
    ],
)
def test_mistakes_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        rs.Oracle(
            changes["name"],
            **{**ALGORITHMS.get(changes["name"], {}), **{k: v for k, v in changes.items() if k != "name"}},
        )


def test_a_project_of_another_search_is_refused(tmp_path):
    searched("random", tmp_path, max_trials=2)
    with pytest.raises(
        ValueError, match="holds a search with seed 0; got 1; use another project_name, or overwrite=True"
    ):
        Curve(oracle("random", seed=1), directory=tmp_path)
    with pytest.raises(ValueError, match="holds a search with algorithm random; got tpe"):
        Curve(oracle("tpe"), directory=tmp_path)


def test_a_grid_that_was_laid_without_a_hyperparameter_is_refused(tmp_path):
    class Late(keras_tuner.Tuner):
        def run_trial(self, trial):
            if trial.hyperparameters.Boolean("more"):
                trial.hyperparameters.Choice("late", [1, 2])
            return 1.0

    tuner = Late(oracle("grid"), directory=tmp_path)
    tuner.oracle.verbose = 0
    with pytest.raises(ValueError, match="grid: late: first used after the grid was laid; pass them as"):
        tuner.search()


def build(hp):
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(hp.Int("width", 1, 2))])
    model.compile("sgd", "mse")
    return model


class OwnFit(keras_tuner.HyperModel):
    """A hypermodel that trains as long as it likes."""

    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, **_):
        return float(hp.get("width"))


class ForRungs(OwnFit):
    """A hypermodel that trains as long as the oracle says."""

    def fit(self, hp, model, **_):
        return hp.get("width") / hp.get("tuner/epochs")


def test_a_tuner_that_trains_to_the_end_is_refused_by_algorithms_that_stop_early(tmp_path):
    message = "halving: keras_tuner.Tuner trains every trial to its end, so that none can be stopped early; use rs.S"
    with pytest.raises(ValueError, match=message):
        keras_tuner.Tuner(oracle("halving"), build, directory=tmp_path)
    tuner = keras_tuner.Tuner(oracle("halving"), OwnFit(), directory=tmp_path)
    with pytest.raises(
        keras_tuner.errors.FatalValueError, match="halving: the tuner trains every trial to its end"
    ):
        tuner.search(verbose=0)
    assert len(tuner.oracle.trials) == 1
    tuner = keras_tuner.Tuner(oracle("halving"), ForRungs(), directory=tmp_path, overwrite=True)
    tuner.search(verbose=0)
    assert tuner.get_best_hyperparameters()[0].get("tuner/epochs") == EPOCHS
