"""The verdict, its reasons and its notes, from predictions."""

import json

import numpy as np
import pytest

from components.artifacts import CONFIGURED
from components.errors import DataError
from components.evaluator import words
from components.evaluator.measuring import fingerprint, measure
from components.evaluator.scoring import Scores
from components.evaluator.settings import Settings
from components.evaluator.slices import Slices
from components.features import LabelFeature
from pipeline import result_files
from reactive_schedules import plain_json

BINARY = LabelFeature("bought", "classification", ("no", "yes"), 1)
SEVERAL = LabelFeature("kind", "classification", ("a", "b", "c"))
NUMBER = LabelFeature("price", "regression")


def scores(labels, *predictions, seed: int = 0, configured: np.ndarray | None = None, **more) -> Scores:
    keys = np.random.default_rng(seed).integers(2**63, size=len(labels), dtype=np.uint64)
    sides = dict(zip(("candidate", "baseline"), predictions, strict=False))
    if configured is not None:
        sides[CONFIGURED] = configured
    return Scores(keys, np.asarray(labels), sides, **{"weights": None, "groups": None, "slices": {}, **more})


def probabilities(positive) -> np.ndarray:
    positive = np.asarray(positive, np.float32)
    return np.stack([1 - positive, positive], axis=1)


def sides(
    rows: int, strength: float = 1.5, seed: int = 0, positives: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that know as much of them as `strength` says."""
    labels = (np.random.default_rng(50).random(rows) < positives).astype(np.int64)
    evidence = strength * (2 * labels - 1) + np.random.default_rng(seed).normal(size=rows)
    return labels, probabilities(1 / (1 + np.exp(-evidence)))


def judged(
    test: Scores,
    validation: Scores | None = None,
    label=BINARY,
    metric="accuracy",
    thresholds=None,
    **settings,
):
    version = "7" if "baseline" in test.predictions else None
    found = measure(test, validation, Settings(label, metric, **settings), thresholds or {}, version)
    result_files._adapter(result_files.Evaluation).validate_python(
        json.loads(plain_json.dumps(found)), strict=True
    )
    return found


def test_a_good_model_is_blessed_and_the_reason_says_what_it_beats():
    labels, good = sides(500)
    found = judged(scores(labels, good))
    assert found["blessed"]
    assert found["reasons"] == [
        f"accuracy is above the {found['constant']:.4f} of the best constant prediction"
    ]
    assert (
        found["intervals"]["accuracy"][0] < found["candidate"]["accuracy"] < found["intervals"]["accuracy"][1]
    )
    assert {*found["candidate"]} == {*found["intervals"]} >= {"f1", "roc_auc", "brier", "mcc"}
    assert found["positive"] == "yes"
    assert found["notes"] == []


@pytest.mark.parametrize("rivals", [0, 1])
def test_the_configuration_stands_beside_what_a_search_chose_and_decides_nothing(rivals):
    labels, good = sides(500)
    _, poor = sides(500, strength=0.5, seed=3)
    alone = judged(scores(labels, good, *[poor] * rivals))
    assert alone["configured"] is None
    assert words.configured(alone) == ""
    found = judged(scores(labels, good, *[poor] * rivals, configured=poor))
    configured = found.pop("configured")
    assert {**found, "configured": None} == alone
    gap = found["candidate"]["accuracy"] - configured["scores"]["accuracy"]
    difference = configured["differences"]["accuracy"]
    assert difference["value"] == pytest.approx(gap)
    assert 0 < difference["interval"][0] < gap < difference["interval"][1]
    text = words.configured({**found, "configured": configured})
    assert f"the chosen one is better by {gap:.4f}, 95 % interval of the gain +" in text
    worse = words.configured(judged(scores(labels, poor, configured=good)))
    assert f"the chosen one is worse by {gap:.4f}, 95 % interval of the gain -" in worse


def test_nothing_depends_on_the_order_of_the_rows():
    labels, good = sides(300)
    _, other = sides(300, seed=1)
    slices = Slices(["x", "y"], np.arange(300, dtype=np.int32), (np.arange(300) % 2).astype(np.int32))
    weights = np.random.default_rng(2).random(300)
    test = scores(labels, good, other, weights=weights, slices={"day": slices})
    order = np.random.default_rng(1).permutation(300)
    shuffled = Scores(
        test.keys[order],
        labels[order],
        {"candidate": good[order], "baseline": other[order]},
        weights[order],
        None,
        {"day": Slices(["y", "x"], np.arange(300, dtype=np.int32), 1 - (order % 2).astype(np.int32))},
    )
    assert plain_json.dumps(judged(shuffled, weight="w")) == plain_json.dumps(judged(test, weight="w"))


@pytest.mark.parametrize("metric", ["accuracy", "cross_entropy", "recall", "f1"])
@pytest.mark.parametrize("answer", [0.01, 0.99])
def test_a_model_with_one_answer_is_never_blessed(metric, answer):
    labels, good = sides(400, positives=0.1)
    constant = probabilities(answer + (good[:, 1] - 0.5) / 1000)  # knows something, but never enough
    found = judged(
        scores(labels, constant), metric=metric, threshold=0.0 if metric != "cross_entropy" else 9.0
    )
    assert not found["blessed"]
    said = "'no'" if answer < 0.5 else "'yes'"
    assert found["reasons"] == [f"the model answers {said} for all 400 rows of the test split"]


def test_its_threshold_decides_what_a_model_answers():
    labels, good = sides(400, positives=0.1)
    low = probabilities(good[:, 1] / 10)  # below a half
    assert not judged(scores(labels, low), metric="balanced_accuracy")["blessed"]
    found = judged(scores(labels, low), metric="balanced_accuracy", thresholds={"candidate": 0.05})
    assert found["blessed"]
    assert found["decision_threshold"] == 0.05


def test_a_regression_with_one_answer_is_never_blessed():
    labels = np.random.default_rng(0).normal(size=200)
    found = judged(scores(labels, np.full(200, 0.1, np.float32)), label=NUMBER, metric="rmse", threshold=10.0)
    assert found["reasons"] == ["the model answers about 0.1 for all 200 rows of the test split"]


def test_weights_decide():
    labels = np.array([0, 1] * 100)
    right_where_it_counts = probabilities(np.where(np.arange(200) < 100, labels, 1 - labels) * 0.8 + 0.1)
    weights = np.where(np.arange(200) < 100, 5.0, 1.0)
    assert judged(scores(labels, right_where_it_counts))["candidate"]["accuracy"] == 0.5
    found = judged(scores(labels, right_where_it_counts, weights=weights), weight="w")
    assert found["candidate"]["accuracy"] == pytest.approx(5 / 6)
    assert found["blessed"]


def test_the_best_constant_is_weighted():
    labels = np.array([0] * 90 + [1] * 10)
    weights = np.where(labels == 1, 9.0, 1.0)
    found = judged(scores(labels, sides(100)[1], weights=weights), weight="w")
    assert found["constant"] == pytest.approx(0.5)


def test_a_better_model_replaces_the_one_in_production():
    labels, good = sides(800, 2.0)
    found = judged(scores(labels, good, sides(800, 1.0)[1]))
    assert found["blessed"]
    assert found["reasons"][1].startswith("accuracy is better than in version 7 (better by 0.")
    difference = found["differences"]["accuracy"]
    assert difference["interval"][0] < difference["value"] < difference["interval"][1]
    assert 0 < difference["bound"] < difference["value"]


def test_an_equal_model_does_not_unless_a_margin_is_given():
    labels, good = sides(800)
    found = judged(scores(labels, good, good))
    assert not found["blessed"]
    value = found["candidate"]["accuracy"]
    assert found["reasons"] == [
        f"accuracy {value:.4f} is not better than the {value:.4f} of version 7 with 95 % confidence (no difference)"
    ]
    assert any("evaluation.min_improvement" in note for note in found["notes"])
    assert judged(scores(labels, good, good), min_improvement=-0.001)["blessed"]
    assert not judged(scores(labels, good, good), min_improvement=0.001)["blessed"]


def test_a_slightly_better_model_needs_rows():
    labels, good = sides(150, 1.6)
    found = judged(scores(labels, good, sides(150, 1.5, seed=1)[1]))
    assert not found["blessed"]
    assert "with 95 % confidence (" in found["reasons"][0]
    assert "95 % interval -0." in found["reasons"][0]


def test_a_baseline_without_a_score_is_no_bar():
    labels, good = sides(200)
    broken = np.full((200, 2), np.nan, np.float32)
    found = judged(scores(labels, good, broken))
    assert found["blessed"]
    assert found["reasons"][1] == "version 7 has no accuracy on the test split"


def test_a_model_without_a_score_is_not_blessed():
    labels, good = sides(200)
    found = judged(scores(labels, np.full((200, 2), np.nan, np.float32), good))
    assert found["reasons"] == ["accuracy has no value on the test split"]


def test_a_threshold_is_a_bound_of_the_value():
    labels, good = sides(300)
    value = judged(scores(labels, good))["candidate"]["cross_entropy"]
    assert judged(scores(labels, good), metric="cross_entropy", threshold=value)["blessed"]
    found = judged(scores(labels, good), metric="cross_entropy", threshold=value - 1e-3)
    assert found["reasons"] == [f"cross_entropy {value:.4f} is not at most {value - 1e-3:.4f}"]


def test_groups_make_the_intervals_wider():
    labels, good = sides(400)
    together = np.repeat(np.arange(20, dtype=np.uint64), 20)
    apart, grouped = (
        judged(scores(labels, good)),
        judged(scores(labels, good, groups=together), group="customer"),
    )
    assert grouped["groups"] == 20
    assert any("only 20 groups" in note for note in grouped["notes"])
    assert grouped["candidate"] == apart["candidate"]
    assert grouped["intervals"] != apart["intervals"]


def note_of(found: dict, part: str) -> str:
    notes = [note for note in found["notes"] if part in note]
    assert len(notes) == 1, found["notes"]
    return notes[0]


def test_rows_that_cannot_tell_the_model_from_a_constant_are_said():
    labels, weak = sides(60, 0.2)
    note = note_of(judged(scores(labels, weak)), "includes")
    assert note.startswith("The 95 % interval of accuracy, 0.")
    assert "of the best constant prediction: 60 test rows cannot tell them apart, " in note


def test_how_many_rows_would_tell():
    labels = np.arange(100) % 2
    found = judged(
        scores(labels, probabilities(np.where(np.arange(100) < 55, labels, 1 - labels) * 0.8 + 0.1))
    )
    low = found["intervals"]["accuracy"][0]
    expected = 100 * ((found["candidate"]["accuracy"] - low) / 0.05) ** 2  # 0.55 against 0.5
    count = int(note_of(found, "includes").split("about ")[1].split(" rows")[0].replace(",", ""))
    assert count == pytest.approx(expected, rel=0.15)


def test_few_rows_are_said():
    labels, good = sides(12)
    assert note_of(judged(scores(labels, good)), "only 12 rows").endswith("enlarge data.splits.")


def test_splits_that_are_far_apart_are_said():
    labels, good = sides(400, 3.0)
    found = judged(scores(*sides(400, 0.8)), scores(labels, good, seed=1))
    note = note_of(found, "on the validation split")
    assert "further apart than by chance; rows of both splits may differ, as over time" in note
    assert f"{found['validation']['accuracy']:.4f}" in note
    near = judged(scores(*sides(400, 1.5)), scores(*sides(400, 1.5, seed=1), seed=1))
    assert near["notes"] == []


def test_a_saturated_validation_split_is_said():
    labels = np.array([0, 1] * 18)
    perfect = scores(labels, probabilities(labels * 0.98 + 0.01), seed=1)
    note = note_of(judged(scores(*sides(400, 3.0)), perfect), "validation split: it can no longer")
    assert note.startswith("The model is right in all 36 rows of the validation split: it can no longer rank")


def test_classes_that_the_test_split_lacks_are_said():
    ones = np.zeros(40, np.int64)
    _, good = sides(40)
    assert "have the label 'no'" in note_of(judged(scores(ones, good)), "All rows")
    three = np.random.default_rng(0).dirichlet([1, 1, 1], 90).astype(np.float32)
    found = judged(scores(np.arange(90) % 2, three), label=SEVERAL)
    assert note_of(found, "no row with the label 'c'")


def test_mape_with_a_label_of_zero_is_refused():
    test = scores(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(
        DataError, match=r"mape has no value where the label is 0, as in 1 of 2 test rows; use mae or"
    ):
        judged(test, label=NUMBER, metric="mape")
    assert np.isnan(judged(test, label=NUMBER, metric="rmse")["candidate"]["mape"])


def test_all_weights_zero_are_refused():
    labels, good = sides(50)
    with pytest.raises(DataError, match=r"data\.weight: 'w' is 0 in every row of the test split"):
        judged(scores(labels, good, weights=np.zeros(50)), weight="w")


def test_slices_have_intervals_of_their_own():
    labels, good = sides(300)
    slices = Slices(["x", "y"], np.arange(300, dtype=np.int32), (np.arange(300) % 2).astype(np.int32))
    x, y = judged(scores(labels, good, slices={"day": slices}))["slices"]
    assert (x["slice"], x["examples"], y["examples"]) == ({"day": "x"}, 150, 150)
    assert x["interval"][0] < x["metrics"]["accuracy"] < x["interval"][1]


def test_test_rows_are_recognised_in_any_order():
    keys = np.random.default_rng(0).integers(2**63, size=100, dtype=np.uint64)
    weights = np.linspace(0.5, 2, 100)
    known = {
        fingerprint(keys, None),
        fingerprint(keys[1:], None),
        fingerprint(np.append(keys, keys[:2]), None),
        fingerprint(keys, weights),
        fingerprint(keys, weights[::-1]),
    }
    assert len(known) == 5
    assert fingerprint(keys[::-1], None) in known
    assert fingerprint(keys[::-1], weights[::-1]) in known


def quality(labels, predictions, weights):
    return float((predictions.argmax(axis=1) == labels).mean())


def test_a_metric_of_the_user_judges():
    labels, good = sides(300)
    name = f"{__name__}.quality"
    found = judged(scores(labels, good, sides(300, 0.5)[1]), metric=name)
    assert found["metric"] == name
    assert found["candidate"][name] == found["candidate"]["accuracy"]
    assert found["blessed"]
    assert found["intervals"][name][0] < found["candidate"][name]
