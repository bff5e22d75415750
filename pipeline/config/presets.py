"""What the options `--fast` and `--best` make of a configuration.

`--fast` takes precedence over the file, as other options do: no search, one model, a quarter of the epochs, half the
patience. `--best` adds what the file does not say: an ensemble, and the search of the template.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any, Literal

from pipeline.config.own_data import TEMPLATE
from pipeline.config.sections import Config, ModelSection
from reactive_schedules import documents
from reactive_schedules.duration import terms

Preset = Literal["fast", "best"]

MEMBERS = 5
"""Models of the ensemble of `--best`; docs/trainer.md has the measurement."""

EPOCHS, PATIENCE = Fraction(1, 4), Fraction(1, 2)
"""What `--fast` leaves of them."""


def with_preset(document: Mapping[str, Any], preset: Preset | None) -> dict[str, Any]:
    """Returns the content of a configuration file with the keys that a preset sets.

    Args:
        document: Content of the file, not yet checked.
        preset: The preset; None changes nothing.
    """
    training = document.get("training")
    if not preset or not isinstance(training, Mapping):
        return dict(document)  # parsing reports what is missing
    if preset == "fast":
        return {**document, "search": None, "training": {**training, "ensemble": 1}}
    filled = {**document, "training": {"ensemble": MEMBERS, **training}}
    return filled if "search" in document else {**filled, "search": _search(document.get("model"))}


def _search(model: Any) -> dict[str, Any]:
    """The template's search; for the user's own model without the hyperparameters, which are of the default one."""
    search = documents.from_yaml(documents.read_text(TEMPLATE))["search"]
    build = ModelSection().build
    if not isinstance(model, Mapping) or model.get("build", build) == build:
        return search
    return {**search, "space": {key: value for key, value in search["space"].items() if key != "model"}}


def shortened(config: Config) -> Config:
    """Returns a configuration with the shorter training of `--fast`."""
    training = config.training
    plateau = training.plateau and training.plateau.model_copy(
        update={"patience": _part(training.plateau.patience, PATIENCE)}
    )
    update = {"epochs": _part(training.epochs, EPOCHS), "plateau": plateau}
    return config.model_copy(update={"training": training.model_copy(update=update)})


def _part(duration: int | str, share: Fraction) -> int | str:
    """A share of a number of epochs or of a duration, rounded up; one in percent follows the epochs anyway."""
    if isinstance(duration, int):
        return ceil(duration * share)
    found = [
        (number if unit == "%" else Fraction(ceil(number * share)), unit) for number, unit in terms(duration)
    ]
    if len(found) == 1 and found[0][1] == "ep":
        return int(found[0][0])
    parts = [f"{number if number.denominator == 1 else float(number)}{unit}" for number, unit in found]
    return f"max({', '.join(parts)})" if len(parts) > 1 else parts[0]


def line(config: Config, preset: Preset) -> str:
    """Returns what a preset has made of a configuration, in words."""
    training, search = config.training, config.search
    searched = f"a {search.algorithm} search" if search else "no search"
    if preset == "fast":
        plateau = training.plateau
        models = "one model" if training.ensemble == 1 else f"training.ensemble: {training.ensemble}"
        patience = f", training.plateau.patience: {plateau.patience}" if plateau else ""
        return f"--fast: {searched}, {models}, training.epochs: {training.epochs}{patience}"
    return f"--best: {searched}, training.ensemble: {training.ensemble}"
