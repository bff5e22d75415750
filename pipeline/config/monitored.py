"""Checks that what a plateau monitors, and what a search optimises, is measured."""

from components import code
from components.errors import few
from components.features import METRIC, LabelFeature
from components.learning.monitored import PREFIX, fits, logged, metric_of
from pipeline.config.errors import ConfigError
from pipeline.config.label import or_another_task
from pipeline.config.sections import Config


def check_monitored(config: Config, label: LabelFeature) -> None:
    """Checks the names, as far as the configuration tells: a model of the user's own may log more.

    Raises:
        ConfigError: A name is not logged, or is of a metric that does not fit the label.
    """
    plateau, search = config.training.plateau, config.search
    named = {
        "training.plateau.monitor": plateau and plateau.monitor,
        "search.objective": search and search.objective,
    }
    for key, name in named.items():
        if name:
            _check(key, name, label, own=not config.model.build.startswith("pipeline.models."))


def _check(key: str, name: str, label: LabelFeature, own: bool) -> None:
    try:
        metric = metric_of(name)
        of_validation = metric is None and metric_of(PREFIX + name)
    except (code.CodeError, ImportError) as error:
        raise ConfigError(f"{key}: {error}") from None
    if metric is not None and fits(metric, label):
        return
    known = logged(label)
    elsewhere = {f"{split}{each}" for each in METRIC.values() for split in ("", PREFIX)}
    if name in known or (own and metric is None and name not in elsewhere):
        return
    if metric is not None and label.task in metric.tasks:
        raise ConfigError(f"{key}: {name} is for two classes, but {label.name} has {len(label.classes)}")
    if of_validation and fits(of_validation, label):
        raise ConfigError(f"{key}: {name} is measured on the validation split; use {PREFIX}{name}")
    raise ConfigError(
        f"{key}: {name} is not logged when training a {label.task} model; use one of {few(known)}"
        + or_another_task(label)
    )
