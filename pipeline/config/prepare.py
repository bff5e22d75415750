"""What a run on this machine begins with: its data, in its workspace."""

import tempfile
from pathlib import Path

from components import code
from components.errors import DataError
from pipeline.config.errors import ConfigError
from pipeline.config.fit import FittedConfig, fit
from pipeline.config.sections import Config
from pipeline.data import inspection
from pipeline.workspace import check_format, create


def prepare(config: Config, workspace: Path) -> FittedConfig:
    """Fits a configuration to its data; writes the data first when it comes from a function.

    Raises:
        ConfigError: the data is missing, its columns are not those configured, or the workspace belongs to
            another pipeline.
        UserError: the workspace cannot be used.
    """
    workspace = workspace.resolve()
    check_format(workspace)
    others = [entry.name for entry in (workspace / "artifacts").glob("*") if entry.name != config.name]
    if others:
        raise ConfigError(
            f"workspace: {workspace} holds the pipeline {others[0]!r}, not {config.name!r}; "
            "give another folder with --workspace"
        )
    try:
        data = inspection.inspect(_data_path(config, workspace), config.data.label, config.data.task)
    except DataError as error:
        raise ConfigError(str(error)) from None
    return fit(config, data, workspace)


def _data_path(config: Config, workspace: Path) -> Path:
    if config.data.path is not None:
        return config.data.path.resolve()
    folder = workspace / "data" / config.name
    if not folder.is_dir():
        # Written beside its place and renamed, so that a run cut short leaves no half of a data set.
        create(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            part = Path(temporary, "part")
            part.mkdir()
            code.load(config.data.source)(part)
            try:
                part.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another run was faster
                    raise
    return folder
