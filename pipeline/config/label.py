"""The label of a model: what the data has, and which class is the positive one."""

from components.errors import one_of
from components.features import LabelFeature
from pipeline.config.errors import ConfigError
from pipeline.data.inspection import Label

_YES = {"1", "positive", "pos", "present", "t", "true", "y", "yes"}
_NO = {"-1", "0", "absent", "f", "false", "n", "neg", "negative", "no"}


def label_of(given: str | int | bool | None, found: Label) -> tuple[LabelFeature, tuple[str, ...]]:
    """Returns the label with its positive class, and how that was chosen, in a line if it was.

    Args:
        given: Value of the positive class, `data.positive`; None to choose it.
        found: The label of the data.

    Raises:
        ConfigError: `data.positive` is not one of two classes.
    """
    positive, why = _positive(given, found)
    label = LabelFeature(found.name, found.task, found.classes, positive, found.separator)
    return label, (why,) if why else ()


def or_another_task(label: Label | LabelFeature) -> str:
    """The rest of a remedy: how to predict the number itself, if the classes of a label are numbers."""
    if not label.classes or isinstance(label.classes[0], str) or label.task == "multilabel":
        return ""
    return f"; if {label.name} is a number to predict, set data.task: regression"


def _positive(value: str | int | bool | None, label: Label) -> tuple[int | None, str]:
    classes = label.classes
    if label.task == "multilabel":
        if value is not None:
            raise ConfigError(
                f"data.positive: {label.name} has several labels per row, each of which applies or not; remove the key"
            )
        return None, ""
    if len(classes) != 2:
        if value is not None:
            raise ConfigError(
                f"data.positive: only a label with two classes has a positive one; {label.name} has "
                f"{len(classes) or 'numbers'}{' classes' if classes else ''}; remove the key"
            )
        return None, ""
    words = [str(name).lower() for name in classes]
    if value is not None:
        sought = _YES if value is True else _NO if value is False else {str(value).lower()}
        exact = [place for place, name in enumerate(classes) if str(name) == str(value)]
        found = exact or [place for place, word in enumerate(words) if word in sought]
        if len(found) != 1:
            raise ConfigError(
                f"data.positive: {label.name} has no value {str(value)!r}; choose {one_of(map(repr, classes))}"
            )
        return found[0], ""
    for place in (1, 0):
        if (
            words[place] in _YES
            and words[1 - place] not in _YES
            and (words[1 - place] in _NO or words[place] != "1")
        ):
            why = "a word for yes" if words[place] != "1" else f"the other one is {classes[1 - place]}"
            break
    else:
        counts = label.counts or (0, 0)
        place = 0 if counts[0] < counts[1] else 1
        why = "the rarer one" if counts[0] != counts[1] else "the last one"
    return place, (
        f"label {label.name}: {classes[place]!r} is the positive class ({why}); f1, precision, recall, pr_auc "
        "and brier are computed for it. To change it: data.positive"
    )
