"""Finds an exported model: in a workspace, among served versions, or in a folder of its own."""

import logging
from pathlib import Path

from components.errors import UserError
from components.model_store import model_files, serving
from pipeline.prediction import foreign
from pipeline.prediction.model import ExportedModel, load_graph
from pipeline.remote.place import is_uri
from reactive_schedules.printable import printable

log = logging.getLogger(__name__)


def load_model(path: str | Path = "workspace") -> ExportedModel:
    """Loads a model that the pipeline exported.

    A model is a program. For one outside a workspace, a warning is logged before it is loaded.

    Args:
        path: Folder of a workspace, its URI, such as `s3://bucket/path`, or a folder of versions (to load the version
            in production); folder of a single version, which may have been withdrawn, or of a `Model` artifact.

    Raises:
        UserError: There is no model (a UserError is a ValueError).
    """
    if is_uri(path):
        from pipeline.remote.session import up_to_date

        path = up_to_date(path)

    def load() -> ExportedModel:
        model = ExportedModel(_find(path))
        if text := foreign.warning(model.path):
            log.warning("%s", printable(text))
        model._loaded = load_graph(model.path)
        return model

    # Finds production again if it moves while it is loaded.
    return serving.steadily(_serving_folder(path), load)


def find_model(path: str | Path, version: str | None = None) -> ExportedModel:
    """Finds a model, and loads its graph only when it is needed.

    Args:
        path: Path as for `load_model`.
        version: Version to find instead of the one in production; it may have been withdrawn.

    Raises:
        UserError: There is no such model.
    """
    return serving.steadily(_serving_folder(path), lambda: ExportedModel(_find(path, version)))


def _serving_folder(path: str | Path) -> Path:
    path = Path(path).resolve()
    if (path / "serving").is_dir():
        return path / "serving"
    return serving.home(path) if serving.is_version(path.name) else path


def _find(path: str | Path, version: str | None = None) -> Path:
    """Returns the folder of the SavedModel."""
    path = Path(path).resolve()
    for folder in () if version else (serving.follow(path), path / "Format-Serving"):
        if (folder / model_files.GRAPH).exists():
            return folder
    folder = path / "serving" if (path / "serving").is_dir() else path
    newest = serving.production(folder)
    if newest is None:
        reason = "contains no model" if path.exists() else "does not exist"
        raise UserError(
            f"{path} {reason}; run local_runner.py, or give the folder of a model or of a workspace"
        )
    found = serving.locate(folder, int(version or newest))
    if found is None:
        known = ", ".join(map(str, reversed(serving.versions(folder))))
        raise UserError(f"{folder} has no version {version}; it has {known}")
    return found
