"""Prepares a run on this machine: its data and its workspace."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from components import code
from components.errors import DataError
from components.learning.members import check_warm_start
from components.model_store import model_files, serving
from pipeline.config.errors import ConfigError
from pipeline.config.fit import FittedConfig, fit
from pipeline.config.sections import Config
from pipeline.data import inspection
from pipeline.metadata.address import LARGEST_INTEGER
from pipeline.workspace import check_format, check_usable, create


def prepare(config: Config, workspace: Path) -> FittedConfig:
    """Checks a configuration against its data, which is written first if it comes from a function.

    Raises:
        ConfigError: The data is missing, its columns do not fit the configuration, or the workspace belongs to
            another pipeline, or has a model of another task in production; or the span has too large a number.
        UserError: The workspace cannot be used.
    """
    check_usable(workspace)
    workspace = workspace.resolve()
    check_format(workspace)
    others = [
        entry.name
        for entry in (workspace / "artifacts").glob("[!.]*")  # not .DS_Store and the like
        if entry.is_dir() and entry.name != config.name
    ]
    if others:
        raise ConfigError(
            f"workspace: {workspace} holds the pipeline {others[0]!r}, not {config.name!r}; "
            "choose another folder with --workspace"
        )
    fitted = inspected(config, workspace)
    _check_production(fitted)
    _check_span(fitted)
    return fitted


def _check_span(fitted: FittedConfig) -> None:
    """Checks that a store on a server can hold the number of the span; a file can hold any."""
    span = fitted.data.span
    if fitted.config.metadata and span and max(span.number, span.version or 0) > LARGEST_INTEGER:
        raise ConfigError(
            f"data.path: the span of {span.path} has a number above {LARGEST_INTEGER:,}, which a metadata store on a "
            "server cannot hold; use smaller numbers, or remove metadata"
        )


def _check_production(fitted: FittedConfig) -> None:
    """Checks that the model in production, which the new one will be compared with, has the same task."""
    version = serving.production(fitted.serving_dir)
    model = fitted.serving_dir / str(version)
    try:
        task = json.loads((model / model_files.CARD).read_bytes())["label"]["task"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # no model, or a damaged one, which the Baseline reports
    if task != fitted.label.task:
        raise ConfigError(
            f"data.task: {fitted.label.name} is for {fitted.label.task}, but the model in production, version "
            f"{version}, is for {task}, so they cannot be compared; choose another folder with --workspace"
        )
    if fitted.config.model.warm_start:
        check_warm_start(model, fitted.config.training.ensemble)


def inspected(config: Config, workspace: Path) -> FittedConfig:
    """Checks a configuration against its data; as `prepare`, but whatever the workspace holds.

    Raises:
        ConfigError: The data is missing, or its columns do not fit the configuration.
    """
    try:
        section = config.data
        path = _data_path(config, workspace)
        data = inspection.inspect(
            path,
            section.label,
            section.task,
            section.categorical,
            section.split.decided(),
            section.reading(),
            shapes=section.shapes,
            ignore=section.ignore,
            separator=section.lists.get(section.label),
        )
    except DataError as error:
        raise ConfigError(str(error)) from None
    return fit(config, data, workspace)


def _data_path(config: Config, workspace: Path) -> Path:
    if config.data.path is not None:
        # Unlike `resolve`, this accepts links in a circle, which the inspection refuses.
        return Path(os.path.realpath(config.data.path))
    folder = workspace / "data" / config.name
    written_by, source = folder.with_name(f"{config.name}.source"), code.fingerprint(config.data.source)
    if folder.is_dir() and written_by.is_file() and written_by.read_text(encoding="utf-8") == source:
        return folder
    # Written to a temporary folder and renamed, so that an interrupted run leaves no partial data set.
    create(folder.parent)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        part = Path(temporary, "part")
        part.mkdir()
        code.load(config.data.source)(part)
        written_by.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            folder.rename(Path(temporary, "old"))
        try:
            part.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise, another run has just written it
                raise
    written_by.write_text(source, encoding="utf-8")
    return folder
