"""A plugin for the workers of an engine, with which TensorFlow uses as many threads there as where the run was started.

Else it uses all cores, and rounds differently on some processors: test figures would differ in their last digits from
those of a run on one machine.
"""

import json
import os

from apache_beam.options.pipeline_options import DebugOptions, PipelineOptions, SetupOptions

_VARIABLE = "TF_NUM_INTRAOP_THREADS"
_EXPERIMENT = "tensorflow_threads="
_EXPERIMENTS = "beam:option:experiments:v1"


def pass_on(options: PipelineOptions) -> None:
    """Adds the number of threads of this process, if it has one, and this plugin to the options of a job."""
    if count := os.environ.get(_VARIABLE):
        setup = options.view_as(SetupOptions)
        # The first one, because others may compute something.
        setup.beam_plugins = [__name__, *(setup.beam_plugins or [])]
        options.view_as(DebugOptions).add_experiment(_EXPERIMENT + count)


def _take() -> None:
    """Sets the number that the options of this worker's job have, unless the machine has its own."""
    for experiment in json.loads(os.environ.get("PIPELINE_OPTIONS", "{}")).get(_EXPERIMENTS) or ():
        if experiment.startswith(_EXPERIMENT):
            os.environ.setdefault(_VARIABLE, experiment.removeprefix(_EXPERIMENT))


_take()
