"""Intervals and comparisons: known values, what they may not depend on, and how often they are right."""

import numpy as np
import pytest
from scipy import stats

from components.evaluator.comparison import compare, confirmed
from components.evaluator.intervals import interval, percentiles, share
from components.evaluator.resampling import CELLS, Resamples
from components.metrics import find, names
from components.metrics.rows import Rows


def keys(rows: int, seed: int = 0) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).integers(2**63, size=rows, dtype=np.uint64))


def classifier(rows: int, classes: int = 2, seed: int = 0, strength: float = 1.5) -> Rows:
    random = np.random.default_rng(seed)
    labels = np.random.default_rng(99).integers(classes, size=rows)
    logits = random.normal(size=(rows, classes)) + strength * np.eye(classes)[labels]
    return Rows(labels, (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32))


def regression(rows: int, seed: int = 0, scale: float = 1.0) -> Rows:
    labels = 5 + np.random.default_rng(99).normal(size=rows)
    return Rows(labels, labels + scale * np.random.default_rng(seed).normal(size=rows))


def rows_of(name: str, rows: int, seed: int = 0) -> Rows:
    metric = find(name)
    return regression(rows, seed) if "regression" in metric.tasks else classifier(rows, 2, seed)


def around(name: str, rows: Rows, plain: bool = True, **drawn) -> tuple[float, float] | None:
    metric = find(name)
    value = metric.score(rows.labels, rows.predictions, drawn.get("weights"))
    return interval(metric, rows, value, Resamples.draw(keys(len(rows.labels)), **drawn), plain)


def bounds(name: str, rows: Rows, plain: bool = True, **drawn) -> tuple[float, float]:
    found = around(name, rows, plain, **drawn)
    assert found is not None
    return found


EVERY = [*names("classification"), *names("regression")]


@pytest.mark.parametrize(("right", "rows"), [(280, 283), (0, 20), (20, 20), (7, 50)])
def test_a_share_has_the_exact_interval(right, rows):
    expected = stats.binomtest(right, rows).proportion_ci(0.95, "exact")
    assert share(right, rows) == pytest.approx((expected.low, expected.high))


def test_accuracy_that_is_perfect_is_not_certain():
    rows = Rows(np.array([0, 1] * 20), np.eye(2, dtype=np.float32)[[0, 1] * 20])
    assert around("accuracy", rows) == pytest.approx((0.025 ** (1 / 40), 1.0))
    low, high = bounds("balanced_accuracy", rows)
    assert 0.8 < low < 0.95
    assert high == 1.0


def test_rows_that_do_not_tell_have_no_interval():
    rows = Rows(np.array([0, 1] * 20), np.eye(2, dtype=np.float32)[[0, 1] * 20])
    assert around("roc_auc", rows) is None
    assert around("cross_entropy", Rows(np.array([1]), np.array([[0.2, 0.8]], np.float32))) is None


@pytest.mark.parametrize("name", EVERY)
def test_an_interval_holds_the_score_and_shrinks_with_the_root_of_the_rows(name):
    widths = []
    for rows in (200, 800):
        some = rows_of(name, rows)
        low, high = bounds(name, some, plain=False)
        assert low <= find(name).score(some.labels, some.predictions) <= high
        widths.append(high - low)
    assert widths[1] / widths[0] == pytest.approx(0.5, rel=0.35)


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc", "rmse", "macro_f1"])
def test_cells_of_rows_give_about_the_interval_of_rows(name):
    few, many = rows_of(name, 2000), rows_of(name, 2001)
    widths = [np.diff(bounds(name, some, plain=False))[0] for some in (few, many)]
    assert Resamples.draw(keys(2001)).cells == CELLS
    assert widths[1] == pytest.approx(widths[0], rel=0.12)


def test_resampled_means_spread_like_the_standard_error():
    some = regression(1000)
    low, high = bounds("mae", some)
    error = np.std(np.abs(some.labels - some.predictions)) / np.sqrt(1000)
    assert (high - low) / (2 * 1.96) == pytest.approx(error, rel=0.06)


def test_rows_of_one_group_count_as_one():
    some = regression(200)
    repeated = Rows(np.repeat(some.labels, 5), np.repeat(some.predictions, 5))
    groups = np.repeat(np.arange(200, dtype=np.uint64), 5)
    alone, together, apart = (
        np.diff(found)[0]
        for found in (
            bounds("rmse", some),
            bounds("rmse", repeated, False, groups=groups),
            bounds("rmse", repeated),
        )
    )
    assert together == pytest.approx(alone, rel=0.1)
    assert apart < 0.6 * together


def test_a_weight_of_two_is_not_two_rows():
    some = regression(300)
    plain, doubled = bounds("rmse", some), around("rmse", some, False, weights=np.full(300, 2.0))
    assert doubled == pytest.approx(plain, rel=1e-9)


def test_few_units_get_a_wider_interval():
    replicates = np.random.default_rng(0).normal(size=100_000)
    assert percentiles(replicates, 10_000) == pytest.approx((-1.96, 1.96), abs=0.05)
    _, high = percentiles(replicates, 5)
    assert high == pytest.approx(stats.t.ppf(0.975, 4) * np.sqrt(5 / 4), rel=0.1)
    assert np.isnan(percentiles(replicates, 1)).all()


def difference(name: str, pair: tuple[Rows, Rows], confidence: float = 0.95, plain: bool = True, **drawn):
    metric = find(name)
    scores = [metric.score(side.labels, side.predictions, drawn.get("weights")) for side in pair]
    resamples = Resamples.draw(keys(len(pair[0].labels)), **drawn)
    found = compare(metric, pair, scores, resamples, plain, confidence)
    return confirmed(found, metric, pair, resamples, confidence)


@pytest.mark.parametrize("name", EVERY)
def test_a_much_better_model_is_better_and_not_the_other_way_round(name):
    if "regression" in find(name).tasks:
        better, worse = regression(400, 1, 0.5), regression(400, 2, 1.0)
    else:
        better, worse = classifier(400, seed=1, strength=3.0), classifier(400, seed=2, strength=1.0)
    found = difference(name, (better, worse))
    assert 0 < found.bound < found.value
    assert found.interval[0] < found.value < found.interval[1]
    assert difference(name, (worse, better)).bound < 0


@pytest.mark.parametrize("name", EVERY)
def test_a_model_is_not_better_than_itself(name):
    same = rows_of(name, 100)
    assert difference(name, (same, same)).bound == 0


def answers(right: int, rows: int, wins: int = 0, losses: int = 0) -> tuple[Rows, Rows]:
    """Two models that are both right in the first rows; the first alone wins some of the others, and loses some."""
    labels = np.zeros(rows, np.int64)
    first, second = np.ones(rows, np.int64), np.ones(rows, np.int64)
    first[: right + wins] = 0
    second[:right] = 0
    second[right + wins : right + wins + losses] = 0
    eye = np.eye(2, dtype=np.float32)
    return Rows(labels, eye[first]), Rows(labels, eye[second])


@pytest.mark.parametrize(
    ("wins", "losses", "better"), [(3, 0, False), (4, 0, False), (6, 0, True), (8, 2, False), (14, 4, True)]
)
def test_accuracy_is_compared_as_by_mcnemars_exact_test(wins, losses, better):
    expected = stats.binomtest(wins, wins + losses, alternative="greater").pvalue
    assert (expected <= 0.05) == better
    assert (difference("accuracy", answers(60, 100, wins, losses)).bound > 0) == better


def test_accuracy_has_the_interval_of_tango():
    # Tango 1998, table IV: b = 43 - 0 of 44, 95 % limits 0.8 and 0.99.
    found = difference("accuracy", answers(1, 44, wins=43))
    assert found.interval == pytest.approx((0.8185, 0.9960), abs=1e-3)


def test_a_margin_needs_rows_even_where_no_answer_differs():
    first, second = answers(80, 100)
    slightly = Rows(second.labels, second.predictions * np.float32(0.999))
    assert difference("accuracy", (first, slightly)).bound < -0.02
    first, second = answers(8000, 10_000)
    slightly = Rows(second.labels, second.predictions * np.float32(0.999))
    assert difference("accuracy", (first, slightly)).bound > -0.001


def test_confidence_decides_how_much_is_sure():
    pair = (classifier(300, seed=1, strength=2.0), classifier(300, seed=2, strength=1.5))
    bounds = [difference("cross_entropy", pair, confidence).bound for confidence in (0.5, 0.8, 0.95, 0.99)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] == pytest.approx(difference("cross_entropy", pair).value, abs=0.01)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "cross_entropy", "roc_auc", "rmse"])
def test_equal_models_are_seldom_told_apart(name):
    random, promoted = np.random.default_rng(3), 0
    for seed in range(40):
        labels = random.integers(2, size=60)
        pair = []
        for _ in range(2):
            evidence = 1.5 * (2 * labels - 1) + random.normal(size=60)
            positive = (1 / (1 + np.exp(-evidence))).astype(np.float32)
            pair.append(Rows(labels, np.stack([1 - positive, positive], axis=1)))
        if name == "rmse":
            pair = [regression(60, 2 * seed), regression(60, 2 * seed + 1)]
        promoted += difference(name, tuple(pair), resamples=300).bound > 0
    assert promoted <= 6  # of 40: more have a probability of 0.3 % if it is 5 %


def own_accuracy(labels, predictions, weights):
    return float(np.average(predictions.argmax(axis=1) == labels, weights=weights))


def test_a_function_of_the_user_is_resampled_and_compared():
    own = f"{__name__}.own_accuracy"
    pair = (classifier(300, seed=1, strength=3.0), classifier(300, seed=2, strength=1.0))
    assert around(own, pair[0]) == pytest.approx(around("accuracy", pair[0]), abs=0.03)
    assert difference(own, pair).bound > 0
    assert difference(own, pair[::-1]).bound < 0
