"""The part of a configuration that processes get as environment variables, because no result depends on it."""

import os

from pipeline.config.sections import Config
from reactive_schedules.search.executor import devices


def settings(config: Config) -> dict[str, str]:
    """Environment variables of the components, by name; those that are set already take precedence."""
    values = {"TF_NUM_INTRAOP_THREADS": str(config.threads)}
    search = config.search
    if search:
        # Else the first process that uses a GPU takes all of its memory, and leaves none to those of the trials.
        values["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    if search and search.processes > 1:
        values["SEARCH_PROCESSES"] = str(search.processes)
    if search and search.cluster:
        values["SEARCH_CLUSTER"] = search.cluster
    if search and search.tls:
        values["SEARCH_TLS"] = search.tls.model_dump_json()
    if search and search.store:
        values["SEARCH_STORE"] = search.store
    return values


def remark(config: Config) -> str:
    """What the user should know about this machine before the run: that trials share GPUs; empty if they do not."""
    if config.search is None or config.search.processes == 1:
        return ""
    return devices.shortage(config.search.processes, devices.visible(os.environ))
