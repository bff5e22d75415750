"""A worker process of Beam's Python SDK, which ends if it cannot import what the pipeline needs: Beam's own goes on."""

import importlib
import json
import os
import sys

from reactive_schedules import lean

READY = "WORKER_READY_FD"
"""Variable with the descriptor to which a byte is written once the imports are done."""

_PLUGINS = "beam:option:beam_plugins:v1"


def main() -> None:
    """Imports the plugins of the pipeline, says so, and serves the runner."""
    lean.import_tensorflow()
    for module in json.loads(os.environ["PIPELINE_OPTIONS"]).get(_PLUGINS) or ():
        importlib.import_module(module)
    from apache_beam.runners.worker import sdk_worker_main

    if ready := os.environ.pop(READY, None):
        os.write(int(ready), b"1")
        os.close(int(ready))
    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
