"""The HyperParameters artifact: one file, in the format of TFX's own Tuner."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

from reactive_schedules import TrainingSpec

if TYPE_CHECKING:
    import keras_tuner

FILE = "best_hyperparameters.txt"

_SECTIONS = ("model", *TrainingSpec.model_fields)
"""First parts of the paths in a search space."""


def write_best(hyperparameters: "keras_tuner.HyperParameters", uri: str) -> None:
    """Writes the chosen values and the search space."""
    io_utils.write_string_file(str(Path(uri, FILE)), json.dumps(hyperparameters.get_config()))


def read_best(artifacts: list[Artifact]) -> dict[str, Any]:
    """Reads the chosen values by name; values that are inactive for the chosen family are absent.

    Args:
        artifacts: One artifact with one file, whatever its name is, from our Tuner or from TFX's.
    """
    file = io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(artifacts))
    try:
        return json.loads(io_utils.read_string_file(file))["values"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file}: is damaged; delete it, and run the pipeline again") from None


def by_path(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns values by their path in a training spec, see `reactive_schedules.search.space`.

    Ours are so already. The author of a `tuner_fn` of TFX names them at will: there, a number named `learning_rate` is
    the peak of the schedule, `batch_size` is the spec's, and all others are hyperparameters of the model.

    Args:
        values: Values by name.
    """
    return dict(_placed(name, value) for name, value in values.items())


def _placed(name: str, value: Any) -> tuple[str, Any]:
    if name == "learning_rate":
        return "learning_rate.peak", value
    section = name.partition(".")[0]
    is_ours = name == "batch_size" or name.startswith("tuner/") or ("." in name and section in _SECTIONS)
    return (name if is_ours else f"model.{name}"), value
