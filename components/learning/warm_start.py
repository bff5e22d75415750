"""Starts a training with the weights of an earlier model."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
from tfx.types import Artifact, artifact_utils
from tfx.utils import path_utils

from components.learning.members import check_warm_start, members_in, name_of
from components.model_store import model_files


class Base(NamedTuple):
    """Where a training starts.

    Attributes:
        folder: Folder of an exported model.
        member: Number of the model in training among those of its ensemble, from 1.
        members: Number of models that are trained.
    """

    folder: Path
    member: int = 1
    members: int = 1


def base_folder(artifacts: Sequence[Artifact] | None) -> Path | None:
    """Returns the SavedModel in a `Model` artifact; None without an artifact, or if it is empty."""
    if not artifacts:
        return None
    folder = Path(path_utils.serving_model_dir(artifact_utils.get_single_uri(artifacts)))
    return folder if (folder / model_files.GRAPH).exists() else None


def take_weights(model: keras.Model, base: Base) -> None:
    """Copies the weights of an exported model into `model`.

    Each model of an ensemble takes those of the same number in an exported ensemble, or those of an exported single
    model.

    Args:
        model: Built model.
        base: The exported model, and which model this is.

    Raises:
        ValueError: The folder has no `.keras` file, the architectures differ, or the numbers of models.
    """
    folder = base.folder
    file = folder / model_files.KERAS
    if not file.exists():
        raise ValueError(
            f"base_model: {folder} does not contain {model_files.KERAS}, which has the weights to start from; set "
            "model.warm_start to false"
        )
    exported = keras.models.load_model(file, compile=False)
    check_warm_start(folder, base.members)
    if members_in(folder) > 1:
        exported = exported.get_layer(name_of(base.member))
    here, there = (
        [(weight.name, tuple(weight.shape)) for weight in each.weights] for each in (model, exported)
    )
    if here != there:
        raise ValueError(
            f"base_model: {folder} has a different architecture: {_difference(here, there)}; set model.warm_start to "
            "false, or build the same model (its assets.extra/model.json says how it was built)"
        )
    model.set_weights(exported.get_weights())


def _difference(here: list[tuple], there: list[tuple]) -> str:
    if len(here) != len(there):
        return f"{len(there)} weights there, {len(here)} here"
    place = next(index for index, pair in enumerate(zip(here, there, strict=True)) if pair[0] != pair[1])
    (name, shape), (old_name, old_shape) = here[place], there[place]
    return f"weight {place + 1} is {old_name} {old_shape} there, {name} {shape} here"
