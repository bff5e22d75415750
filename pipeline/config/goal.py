"""What Tuner and Trainer minimise and measure, from the configuration."""

from components import metrics
from components.features import LabelFeature
from components.learning.goal import Goal
from components.learning.monitored import PREFIX, metric_of
from pipeline.config.sections import Config
from pipeline.config.training import weights_of_classes


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
    )


def search_goal(config: Config, label: LabelFeature, metric: str) -> Goal:
    """Returns the goal of the Tuner.

    It does not depend on the judged metric, whose change then takes a search from the cache, unless the threshold
    counts in what is monitored.
    """
    goal = training_goal(config, label, metric)
    found = [metric_of(name) for name in _monitored(config)]
    if label.positive is not None and any(each and each.needs_threshold for each in found):
        return goal
    return Goal(goal.loss, goal.from_logits, goal.class_weight, goal.weight)


def own_code(config: Config, metric: str) -> list[str]:
    """Returns the dotted paths of the user's own loss and metrics."""
    named = [name.removeprefix(PREFIX) for name in _monitored(config) if name.startswith(PREFIX)]
    loss = [config.training.loss] if "." in (config.training.loss or "") else []
    return sorted({*loss, *(name for name in (metric, *named) if metrics.is_own(name))})


def _monitored(config: Config) -> list[str]:
    plateau, search = config.training.plateau, config.search
    names = [plateau.monitor if plateau else None, search.objective if search else None]
    return [name for name in names if name]
