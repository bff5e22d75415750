"""What a model is judged by, where the configuration leaves it open."""

import pytest

from pipeline.config.errors import ConfigError
from pipeline.config.judgement import judgement
from pipeline.config.sections import EvaluationSection
from pipeline.data.inspection import Label


def label(*classes, counts=None, **more) -> Label:
    task = "classification" if classes else "regression"
    return Label("y", task, classes, counts or (50,) * len(classes), **more)


def judged(of: Label, **section):
    return judgement(EvaluationSection(**section), of)


@pytest.mark.parametrize(
    ("of", "metric", "said"),
    [
        (label("a", "b", "c"), "accuracy", ""),
        (label("no", "yes", counts=(90, 10)), "accuracy", ""),
        (label("no", "yes", counts=(97, 3)), "balanced_accuracy", "only 3 % of the rows are 'yes'"),
        (label(0, 1, 2, counts=(5, 50, 50)), "balanced_accuracy", "only 4.8 % of the rows are 0"),
        (label(), "rmse", ""),
        (Label("y", "classification", ("a", "b", "c")), "accuracy", ""),  # data that cannot be read here
    ],
)
def test_the_default_metric(of, metric, said):
    found = judged(of)
    assert found.metric == metric
    lines = [line for line in found.lines if "evaluation.metric changes it" in line]
    assert len(lines) == bool(said)
    assert said in "".join(lines)


def test_a_metric_that_is_named_is_taken_as_it_is():
    found = judged(label("no", "yes", counts=(97, 3)), metric="cross_entropy")
    assert found.metric == "cross_entropy"
    assert not any("evaluation.metric" in line for line in found.lines)


OWN = f"{__name__}.own"


def own(labels, predictions, weights):
    return 0.0


@pytest.mark.parametrize(
    ("of", "section", "message"),
    [
        (label("a", "b", "c"), {"metric": "f1"}, r"^evaluation\.metric: f1 needs two classes, but y has 3 classes \(a, b, c\); use macro_f1$"),
        (label("a", "b", "c"), {"metric": "recall", "threshold": 0.5}, "use balanced_accuracy$"),
        (label("a", "b"), {"metric": "rmse"}, r"^evaluation\.metric: rmse does not fit a classification label; use accuracy, balanced_accuracy, f1, "),
        (label("a", "b", "c"), {"metric": "mae"}, "use accuracy, balanced_accuracy, macro_f1, roc_auc, "),
        (label(), {"metric": "accuracy"}, "does not fit a regression label; use rmse, mae, r2, mape or quantile_loss$"),
        (label(has_zero=True), {"metric": "mape"}, "mape has no value where y is 0, as in this data; use mae or rmse"),
        (label("a", "b"), {"metric": "recall"}, "recall of 1, which no model can beat; set evaluation.threshold"),
        (label("a", "b"), {"threshold": 90}, r"^evaluation\.threshold: accuracy is at most 1, .* reach 90; 90 % is 0.9$"),
        (label(), {"metric": "r2", "threshold": 90}, r"^evaluation\.threshold: r2 is at most 1, .* reach 90; 90 % is 0.9$"),
        (label(), {"threshold": -3}, r"^evaluation\.threshold: rmse is at least 0, .* reach -3; give the largest that you accept$"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_label_is_refused_with_the_remedy(of, section, message):
    with pytest.raises(ConfigError, match=message):
        judged(of, **section)


def test_a_function_of_the_user_fits_every_label():
    for of in (label("a", "b", "c"), label()):
        assert judged(of, metric=OWN).metric == OWN
