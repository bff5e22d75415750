"""Plans a run on Kubeflow from a configuration, before TFX is imported."""

import dataclasses
import tempfile
from pathlib import Path

from components import code
from components.errors import DataError
from pipeline.config.credentials import refuse_packaged
from pipeline.config.errors import ConfigError
from pipeline.config.fit import FittedConfig, fit
from pipeline.config.kubeflow import POD_WORKSPACE
from pipeline.config.sections import Config
from pipeline.data import inspection, spans
from pipeline.run import beam


@dataclasses.dataclass(frozen=True)
class Plan:
    """A run in pods.

    Attributes:
        fitted: Configuration that fits its data; its workspace is a path in the pods.
        data_path: Location of the data for the pods: a folder, a URI, or the dotted path of a function.
        data_version: Text that changes when the data does; empty if the data cannot be read here, or come in spans.
    """

    fitted: FittedConfig
    data_path: str
    data_version: str


def plan(config: Config) -> Plan:
    """Checks a configuration against its data, or against its description if the data cannot be read here.

    Raises:
        ConfigError: The data does not fit, or is neither readable nor described, or the package would hold a
            credential.
    """
    refuse_packaged(config)
    section = config.kubeflow
    if config.data.path is not None and section.data is None:
        raise ConfigError(
            "kubeflow.data: is missing; set it to where the pods find the data: a folder on a mounted volume, or a "
            "URI (minio://, s3://, gs://)"
        )
    if not beam.is_local(config.beam):
        raise ConfigError(
            "beam: workers of a remote runner cannot read Kubeflow's artifacts, which are files in a pod; remove the "
            "runner, and give the pods more cores under kubeflow"
        )
    if config.metadata:
        raise ConfigError(
            "metadata: Kubeflow Pipelines keeps its runs in a store of its own; remove the key, here with --set "
            "metadata=null"
        )
    try:
        data = _look_at(config)
    except DataError as error:
        raise ConfigError(str(error)) from None
    fitted = fit(config, data, Path(section.workspace or POD_WORKSPACE))
    path = section.data or config.data.source
    return Plan(fitted, path, "" if spans.is_pattern(path) else data.fingerprint)


def _look_at(config: Config) -> inspection.Data:
    section = config.data
    columns = section.label, section.task, section.categorical, section.split.decided(), section.reading()
    separator = section.lists.get(section.label)
    others = {"shapes": section.shapes, "ignore": section.ignore, "separator": separator}
    if section.source is not None:
        with tempfile.TemporaryDirectory() as folder:
            code.load(section.source)(Path(folder))
            return inspection.inspect(Path(folder), *columns, **others)
    if section.path.exists() or spans.is_here(section.path):
        return inspection.inspect(section.path.resolve(), *columns, **others)
    return inspection.describe(
        section.path,
        section.pattern,
        section.label,
        section.task,
        section.classes,
        section.split.decided(),
        separator,
    )
