"""Reads the configuration file of a pipeline and checks it as a whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.errors import UserError
from pipeline.config import hyperparameters
from pipeline.config.assignments import assigned
from pipeline.config.credentials import refuse_stored
from pipeline.config.errors import ConfigError
from pipeline.config.presets import Preset, shortened, with_preset
from pipeline.config.search import checked
from pipeline.config.sections import Config
from reactive_schedules import SpecError, TrainingSpec, documents
from reactive_schedules.errors import prefixed
from reactive_schedules.spec.durations_fit import check_durations


def load(
    path: Path,
    overrides: dict[str, Any] | None = None,
    preset: Preset | None = None,
    assignments: Sequence[str] = (),
) -> Config:
    """Reads and checks a configuration.

    Args:
        path: YAML file. Relative paths in it, such as `data.path` and `search.prior`, are relative to the file.
        overrides: Values to replace, by section, such as `{"data": {"label": "price"}}`; relative paths in it
            are relative to the working directory.
        preset: What `pipeline.config.presets` makes of the file.
        assignments: Values to replace, see `pipeline.config.assignments`; after the preset, before the overrides.

    Raises:
        ConfigError: The file is not valid YAML, has unknown keys, wrong types or wrong values, or holds a credential
            that runs would store.
    """
    try:
        document = documents.from_yaml(documents.read_text(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the path of a configuration file") from None
    except documents.DocumentError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: must be a mapping with the keys {', '.join(Config.model_fields)}")
    section = document.get("data")
    if isinstance(section, dict) and isinstance(section.get("path"), str):
        section["path"] = path.parent / section["path"]
    section = document.get("search")
    if isinstance(section, dict) and isinstance(section.get("prior"), str):
        section["prior"] = path.parent / section["prior"]
    if isinstance(section, dict):
        _find_files_of_cluster(section, path.parent)
    document = assigned(with_preset(document, preset), assignments)
    for key, values in (overrides or {}).items():
        written = document.get(key) or {}
        if isinstance(values, dict) and not isinstance(written, dict):
            continue  # not a mapping; parsing reports it
        document[key] = {**written, **values} if isinstance(values, dict) else values
    try:
        config = Config.parse(document)
        if preset == "fast":
            config = shortened(config)
        _check_durations(config.training)
        if config.search:
            model = config.model.hyperparameters
            config = config.model_copy(update={"search": checked(config.search, config.training.spec, model)})
        refuse_stored(config)
        _check_hyperparameters(config)
    except (SpecError, UserError) as error:
        options = [f"--{preset}"] * bool(preset) + ["--set"] * bool(assignments)
        where = f"{path} with {' and '.join(options)}" if options else path
        lines = [f"{where}: {line}" for line in str(error).split("\n")]
        raise ConfigError("\n".join(lines)) from None
    return config


def _find_files_of_cluster(search: dict[str, Any], folder: Path) -> None:
    """Makes the paths of a scheduler file and of certificates relative to the configuration's folder."""
    if isinstance(cluster := search.get("cluster"), str) and "://" not in cluster:
        search["cluster"] = str(folder / cluster)
    if isinstance(tls := search.get("tls"), dict):
        search["tls"] = {
            key: str(folder / file) if isinstance(file, str) else file for key, file in tls.items()
        }


def _check_durations(training: TrainingSpec) -> None:
    try:
        check_durations(training)
    except SpecError as error:
        raise prefixed(error, "training") from None


def _check_hyperparameters(config: Config) -> None:
    searched = config.search.space.get("model") if config.search else None
    hyperparameters.check(config.model.hyperparameters, config.model.build, "model.hyperparameters")
    if isinstance(searched, dict):
        hyperparameters.check(searched, config.model.build, "search.space.model")
