"""Runs trials for a Tuner on another machine, until its search has ended."""

import os
import socket
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.artifacts import WORKER_LOG_FILE, Artifacts
from components.tuner import settings
from components.tuner.data import inputs_of


class Executor(base_executor.BaseExecutor):
    """Runs a worker of the TrialWorker component."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Serves the search that is announced in the store; fails if the search does."""
        from pathlib import Path

        from reactive_schedules.search.executor import supervisor
        from reactive_schedules.search.executor.store import Store

        folder = artifact_utils.get_single_uri(output_dict["log"])
        supervisor.serve(
            Store(os.environ[settings.STORE]),
            socket.gethostname(),
            Path(folder, WORKER_LOG_FILE),
            settings.seconds(settings.WAIT, supervisor.WAIT_S),
            folders=list(inputs_of(input_dict).values()),
        )
