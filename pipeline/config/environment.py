"""The part of a configuration that processes get as environment variables, because no result depends on it."""

import os

from pipeline.config.sections import Config
from reactive_schedules.search.executor import devices


def settings(config: Config) -> dict[str, str]:
    """Environment variables of the components, by name; those that are set already take precedence."""
    values = {"TF_NUM_INTRAOP_THREADS": str(config.threads)}
    if config.search:
        # Else the first process that uses a GPU takes all of its memory, and leaves none to those of the trials.
        values["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    if config.search and config.search.processes > 1:
        values["SEARCH_PROCESSES"] = str(config.search.processes)
    return values


def remark(config: Config) -> str:
    """What the user should know about this machine before the run: that trials share GPUs; empty if they do not."""
    if config.search is None or config.search.processes == 1:
        return ""
    return devices.shortage(config.search.processes, devices.visible(os.environ))
