"""Starts one worker process of Beam's Python SDK, and says how it ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable

from apache_beam.portability.api import endpoints_pb2
from google.protobuf import json_format, struct_pb2, text_format

from components.workers.worker import READY


def start(
    worker_id: str,
    control: endpoints_pb2.ApiServiceDescriptor,
    logging: endpoints_pb2.ApiServiceDescriptor,
    options: struct_pb2.Struct,
    capabilities: Iterable[str] = (),
    threads: int | None = None,
    *,
    ready: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen:
    """Starts a worker that can import the same modules as this process.

    Args:
        worker_id: Id of the worker at the runner.
        control: Address of the runner's control service.
        logging: Address of the runner's logging service.
        options: Options of the pipeline; the modules in `beam_plugins` are imported first.
        capabilities: Capabilities of the runner.
        threads: Number of threads for TensorFlow; the number of cores if None.
        ready: Descriptor to which the worker writes a byte once it has imported the modules.
        stderr: Where its standard error goes, as `subprocess.Popen` takes it.
    """
    limits = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS") if threads else ()
    return subprocess.Popen(
        [sys.executable, "-m", "components.workers.worker"],
        env={
            **dict.fromkeys(limits, str(threads)),
            **os.environ,
            **({READY: str(ready)} if ready is not None else {}),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "WORKER_ID": worker_id,
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(control),
            "LOGGING_API_SERVICE_DESCRIPTOR": text_format.MessageToString(logging),
            "PIPELINE_OPTIONS": json_format.MessageToJson(options),
            "RUNNER_CAPABILITIES": " ".join(capabilities),
        },
        pass_fds=() if ready is None else (ready,),
        stderr=stderr,
    )


def ended(code: int) -> str:
    """Says how a worker process ended.

    Args:
        code: As `Popen.returncode`: negative if a signal ended it.
    """
    if code >= 0:
        return f"a Beam worker process ended with exit code {code}"
    hint = "; the machine may have run out of memory" if -code == signal.SIGKILL else ""
    return f"a Beam worker process was killed by {signal.Signals(-code).name}{hint}"
