"""The positive class of a label."""

import pytest

from pipeline.config.errors import ConfigError
from pipeline.config.label import label_of
from pipeline.data.inspection import Label


def label(*classes, counts=None) -> Label:
    task = "classification" if classes else "regression"
    return Label("y", task, classes, counts or (50,) * len(classes))


@pytest.mark.parametrize(
    ("classes", "counts", "positive"),
    [
        (("no", "yes"), (10, 90), "yes"),
        (("Yes", "no"), (90, 10), "Yes"),
        ((0, 1), (10, 90), 1),
        ((-1, 1), (10, 90), 1),
        ((1, 2), (90, 10), 2),
        ((1, 2), (10, 90), 1),
        (("False", "True"), (10, 90), "True"),
        (("benign", "malignant"), (357, 212), "malignant"),
        (("bad", "good"), (30, 70), "bad"),
        (("a", "b"), (50, 50), "b"),
    ],
)
def test_the_default_positive_class(classes, counts, positive):
    found, lines = label_of(None, label(*classes, counts=counts))
    assert classes[found.positive] == positive
    assert f"{positive!r} is the positive class" in "".join(lines)


@pytest.mark.parametrize(
    ("given", "classes", "place"),
    [
        ("no", ("no", "yes"), 0),
        (1, (1, 2), 0),
        ("2", (1, 2), 1),
        (True, ("no", "yes"), 1),  # YAML reads a plain yes as true
        (False, ("no", "yes"), 0),
        (True, (0, 1), 1),
    ],
)
def test_a_positive_class_that_is_named(given, classes, place):
    found, lines = label_of(given, label(*classes))
    assert (found.positive, lines) == (place, ())


@pytest.mark.parametrize(
    ("of", "given", "message"),
    [
        (label("a", "b"), "c", r"^data\.positive: y has no value 'c'; choose 'a' or 'b'$"),
        (label("a", "b"), True, "y has no value 'True'; choose 'a' or 'b'"),
        (
            label("a", "b", "c"),
            "a",
            "only a label with two classes has a positive one; y has 3 classes; remove the key",
        ),
        (label(), "a", "y has numbers; remove the key"),
    ],
)
def test_a_class_that_is_not_there_is_refused(of, given, message):
    with pytest.raises(ConfigError, match=message):
        label_of(given, of)
