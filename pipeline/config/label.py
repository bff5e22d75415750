"""The label of a model: what the data has, and which class is the positive one."""

from components.errors import one_of
from components.features import LabelFeature
from pipeline.config.errors import ConfigError
from pipeline.config.sections import Config
from pipeline.data.inspection import Label


def label_of(config: Config, found: Label) -> LabelFeature:
    """Returns the label with its positive class.

    Raises:
        ConfigError: `data.positive` is not one of two classes.
    """
    given, positive = config.data.positive, None
    if len(found.classes) == 2:
        positive = 1
        if given is not None:
            written = [str(value) for value in found.classes]
            if str(given) not in written:
                raise ConfigError(
                    f"data.positive: {given!r} is not a class of {found.name}; use {one_of(written)}"
                )
            positive = written.index(str(given))
    elif given is not None:
        has = f"has {len(found.classes)} classes" if found.classes else "is a number"
        raise ConfigError(f"data.positive: is for two classes, but {found.name} {has}; remove it")
    return LabelFeature(found.name, found.task, found.classes, positive)
