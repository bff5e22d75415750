"""What Tuner and Trainer minimise and measure, from the configuration."""

import dataclasses
from collections.abc import Iterator

from components.features import LabelFeature
from components.learning import monitored
from components.learning.goal import Goal
from components.learning.monitored import PREFIX, REFINED_LOSS, metric_of
from pipeline.config.sections import Config
from pipeline.config.training import weights_of_classes

_LOSS = f"{PREFIX}loss"
_UNWEIGHTED = (_LOSS, f"{PREFIX}{REFINED_LOSS}")
"""Losses of the validation split, in which weights of classes do not count."""


def training_goal(config: Config, label: LabelFeature, metric: str) -> Goal:
    """Returns the goal of the Trainer.

    Args:
        config: Checked configuration.
        label: Label of the data set.
        metric: Metric that the model will be judged by.
    """
    training = config.training
    return Goal(
        training.loss,
        training.from_logits,
        weights_of_classes(training, label.task, label.classes),
        config.data.weight,
        metric,
        calibrate=training.calibrate,
        label_smoothing=training.label_smoothing if label.task == "classification" else 0.0,
    )


def search_goal(config: Config, label: LabelFeature, metric: str) -> Goal:
    """Returns the goal of the Tuner.

    It does not depend on the judged metric, whose change then takes a search from the cache, unless the threshold
    counts in what is monitored.
    """
    goal = training_goal(config, label, metric)
    found = [metric_of(name) for name in _monitored(config)]
    if label.has_threshold and any(each and each.needs_threshold for each in found):
        return goal
    return dataclasses.replace(goal, metric=None)


def own_code(config: Config, metric: str) -> list[str]:
    """Returns the dotted paths of the user's own loss and metrics."""
    return monitored.own_code(Goal(config.training.loss, metric=metric), _monitored(config))


def lines(config: Config, metric: str) -> Iterator[str]:
    """Yields what to know before the training: class weights do not change how an epoch or a trial is chosen."""
    plateau, search = config.training.plateau, config.search
    named = {"training.plateau.monitor": plateau.monitor} if plateau else {}
    if search and (search.objective or not plateau):
        named["search.objective"] = search.objective or _LOSS
    keys = [key for key, name in named.items() if name in _UNWEIGHTED]
    if config.training.class_weight and keys:
        yield (
            f"training.class_weight: weighs the training loss alone, not {named[keys[0]]}, which chooses the best "
            f"epoch; set {' and '.join(keys)} to {PREFIX}{metric} to go by what the model is judged by"
        )


def _monitored(config: Config) -> list[str]:
    plateau, search = config.training.plateau, config.search
    names = [plateau.monitor if plateau else None, search.objective if search else None]
    return [name for name in names if name]
