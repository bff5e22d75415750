"""The entry point of every component's container: runs a TFX executor under KFP's launcher.

    python -m pipeline.kubeflow.entry --component NAME --pipeline_root URI --executor_class_path CLASS
        --json_serialized_invocation_args '{{$}}' --json_serialized_inputs_spec_args JSON [Beam arguments]

The launcher replaces `{{$}}` with its ExecutorInput (KFP's api/v2alpha1/pipeline_spec.proto), and reads an
ExecutorOutput from the file that it names. On an error, the last line is its message, and the exit code is 1.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from components.errors import UserError
from pipeline.kubeflow import checks, parameters, trial_pods
from pipeline.run.start import imports
from reactive_schedules import redaction
from reactive_schedules.failures import summary_of

PROGRESS_SECONDS = 10
"""Minimum time between two lines of progress in a pod's log."""


def main(arguments: Sequence[str]) -> None:
    """Runs a component."""
    options, beam_arguments = _parser().parse_known_args(arguments)
    _show_progress()
    try:
        _check_workspace()
        executor_input = json_format.Parse(
            options.json_serialized_invocation_args, spec_pb2.ExecutorInput(), ignore_unknown_fields=True
        )
        if options.pipeline_root:
            for each in executor_input.outputs.artifacts.values():
                checks.check_root(options.pipeline_root, each.artifacts[0].uri)
        inputs_spec = json_format.Parse(
            options.json_serialized_inputs_spec_args,
            spec_pb2.ComponentInputsSpec(),
            ignore_unknown_fields=True,
        )
        output = run(options.executor_class_path, executor_input, inputs_spec, beam_arguments)
        file = Path(executor_input.outputs.output_file)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json_format.MessageToJson(output), encoding="utf-8")
    except BaseException as error:
        _fail(options.component, error)


def run(
    executor_class_path: str,
    executor_input: spec_pb2.ExecutorInput,
    inputs_spec: spec_pb2.ComponentInputsSpec,
    beam_arguments: Sequence[str] = (),
) -> spec_pb2.ExecutorOutput:
    """Runs an executor on the launcher's local files.

    Args:
        executor_class_path: Dotted path of the executor's class.
        executor_input: Inputs and outputs, with URIs of the object store.
        inputs_spec: Input definitions of the component: types of its inputs, defaults of its parameters.
        beam_arguments: Arguments for executors that use Beam.

    Returns:
        The outputs, with URIs of the object store and the properties that the executor set.
    """
    with imports():
        from tfx.utils import import_utils

        from pipeline.kubeflow import artifacts

        executor_class = import_utils.import_class_by_path(executor_class_path)
    trial_pods.find_store(executor_input)
    inputs, outputs = artifacts.read(executor_input, inputs_spec)
    properties = _properties(executor_input, inputs_spec)
    with tempfile.TemporaryDirectory() as folder:
        if "input_config" in properties:
            from pipeline.kubeflow import example_gen

            properties = example_gen.drive(properties, outputs, Path(folder, "data"))
        context = _context(executor_class, beam_arguments, Path(folder, "tmp"))
        executor_class(context).Do(inputs, outputs, properties)
    checks.check_uploadable(outputs)
    return artifacts.written(outputs)


def _check_workspace() -> None:
    with imports():
        from components.learning.attempt import ATTEMPTS_DIR
    if attempts := os.environ.get(ATTEMPTS_DIR):
        checks.check_writable(Path(attempts).parent)


def _parser() -> argparse.ArgumentParser:
    # Beam's arguments follow; none of them may be taken for an abbreviation of these.
    parser = argparse.ArgumentParser(prog="pipeline.kubeflow.entry", allow_abbrev=False)
    parser.add_argument("--component", required=True)
    parser.add_argument("--executor_class_path", required=True)
    parser.add_argument("--json_serialized_invocation_args", required=True)
    parser.add_argument("--json_serialized_inputs_spec_args", required=True)
    parser.add_argument("--pipeline_root")  # also there to be part of the cache key
    return parser


def _properties(
    executor_input: spec_pb2.ExecutorInput, inputs_spec: spec_pb2.ComponentInputsSpec
) -> dict[str, Any]:
    """Execution properties, with the parameters that were changed at submission."""
    types = inputs_spec.parameters
    values = {
        name: _plain(name, value, types[name].parameter_type if name in types else None)
        for name, value in executor_input.inputs.parameter_values.items()
    }
    defaults = {
        name: _plain(name, types[name].default_value, types[name].parameter_type)
        for name in parameters.NAMES
        if name in types and types[name].HasField("default_value")
    }
    return parameters.apply(values, defaults)


def _plain(name: str, value: Any, type_: int | None) -> Any:
    if type_ != spec_pb2.ParameterType.NUMBER_INTEGER:
        return json_format.MessageToDict(value)
    # Kubeflow takes any number for an integer. Its web page sends what was typed.
    number = float(value.number_value)
    if not number.is_integer() or (name in parameters.NAMES and number < 1):
        raise UserError(f"{name}: must be a positive whole number; got {number:g}")
    return int(number)


def _context(executor_class: type, beam_arguments: Sequence[str], folder: Path) -> Any:
    from tfx.dsl.components.base import base_beam_executor, base_executor

    folder.mkdir()
    common = {"tmp_dir": str(folder), "unique_id": "task"}
    if issubclass(executor_class, base_beam_executor.BaseBeamExecutor):
        return base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(beam_arguments), **common)
    return base_executor.BaseExecutor.Context(extra_flags=list(beam_arguments), **common)


class _EveryFewSeconds(logging.Filter):
    _next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        due = time.monotonic() >= self._next
        if due:
            self._next = time.monotonic() + PROGRESS_SECONDS
        return due


def _show_progress() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_EveryFewSeconds())
    logger = logging.getLogger("progress")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _fail(component: str, error: BaseException) -> None:
    print(redaction.text("".join(traceback.format_exception(error))), file=sys.stderr)
    sys.stdout.flush()
    said = str(error) if isinstance(error, UserError) else summary_of(error)
    print(f"{component} failed: {said}", file=sys.stderr, flush=True)
    # Skips exit handlers, whose output would follow that line.
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
