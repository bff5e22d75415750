import keras
import numpy as np
import pytest

import reactive_schedules as rs
from benchmarks import curves, tuning
from reactive_schedules.search import space


@pytest.fixture(scope="module")
def table():
    return tuning.Table(curves.read(), "breast_cancer")


def test_recorded_curves_are_those_of_schedules_fit():
    points = [
        point for point in curves.grid() if point["batch_size"] == 64 and point["plateau.patience"] == 2
    ]
    chosen = [
        next(
            point
            for point in points
            if point["learning_rate.family"] == family and point["learning_rate.peak"] == peak
        )
        for family, peak in (("one_cycle", 0.1), ("exponential", 0.32))
    ]
    data = curves.task("breast_cancer", 1)
    recorded = curves.train(data, chosen, seed=1, dropout=0.0)
    (x, y), validation, test, _ = data
    for number, point in enumerate(chosen):
        spec, _ = space.from_hyperparameters({**curves.TRAINING, "seed": 1}, {}, point)
        layers = [
            keras.Input(x.shape[1:]),
            keras.layers.Dense(curves.UNITS, "relu"),
            keras.layers.Dense(2, "softmax"),
        ]
        model = keras.Sequential(layers)
        weights = curves.initial(x.shape[1], 2, seed=1)
        model.set_weights(
            [array.reshape(place.shape) for array, place in zip(weights, model.weights, strict=True)]
        )
        result = rs.fit(model, (x, y), validation, spec, loss="sparse_categorical_crossentropy")
        curve = recorded["val_loss"][number]
        np.testing.assert_allclose(curve[np.isfinite(curve)], result.history["val_loss"], rtol=1e-4)
        assert model.evaluate(*test, verbose=0) == pytest.approx(recorded["test_loss"][number], rel=1e-4)


def test_table_holds_every_point_of_the_grid(table):
    assert table.losses.shape == (len(curves.grid()), table.seeds, curves.EPOCHS)
    assert np.isfinite(table.losses[:, :, 0]).mean() > 0.95
    assert table.seeds >= 5


def test_choice_of_a_search_is_judged_with_other_seeds(table):
    row = table.row(
        {
            **tuning.PLAIN,
            "learning_rate.peak": 0.01,
            "optimizer.momentum": 0.9,
            "plateau.patience": 2,
            "batch_size": 16,
        }
    )
    regret, error = table.judged(row, 0)
    others = table.test_loss[:, 1:].mean(axis=1)
    assert regret == pytest.approx(others[row] - others.min())
    assert error == pytest.approx(table.test_error[row, 1:].mean())


def test_searches_get_the_same_epochs(table):
    results = tuning.compare(table, tuning.SEARCHES, 2)
    ours = results[tuning.OURS]
    assert (ours[:, 2] <= tuning.BILL).all()
    assert (ours[:, 4] == 27).all()
    for name, values in results.items():
        if tuning.SEARCHES[name][1] == 1:
            assert (values[:, 2] <= ours[:, 2]).all()
    assert (results["KerasTuner Hyperband"][:, 2] > ours[:, 2]).all()
    assert all((values[:, 0] >= 0).all() and np.isfinite(values).all() for values in results.values())


def test_report_has_a_line_for_each_search(table, capsys):
    names = tuning.OURS, "KerasTuner random"
    tuning.report(tuning.compare(table, {name: tuning.SEARCHES[name] for name in names}, 3))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "regret",
        "halving",
        "KerasTuner",
    ]
