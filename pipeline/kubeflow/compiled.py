"""A compiled package, as a submission reads it."""

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from pipeline.config.kubeflow import EXPANDED
from pipeline.config.uris import scheme
from pipeline.kubeflow.login import SubmitError
from pipeline.kubeflow.parameters import DATA_PATH, DATA_VERSION, SCHEDULED
from reactive_schedules import documents, redaction
from reactive_schedules.errors import did_you_mean


class Package:
    """The parts of a package that a submission needs.

    Attributes:
        path: Path of the file.
        name: Name of the pipeline.
        root: URI of the artifacts.
        tasks: Names of the tasks.
    """

    def __init__(self, path: Path) -> None:
        """Reads a file.

        Raises:
            SubmitError: The file is not a package.
        """
        try:
            document = next(iter(documents.all_from_yaml(documents.read_text(path))), None)
            spec = json_format.ParseDict(document, spec_pb2.PipelineSpec())
        except OSError as error:
            raise SubmitError(f"{path}: {error.strerror}; create a package with compile") from None
        except (documents.DocumentError, json_format.ParseError, TypeError, AttributeError):
            raise SubmitError(f"{path}: not a package; create one with compile") from None
        self.path, self.name, self.root = path, spec.pipeline_info.name, spec.default_pipeline_root
        self.tasks = frozenset(spec.root.dag.tasks)
        self._definitions = spec.root.input_definitions.parameters

    def parameters(self, given: Sequence[str], recurring: bool = False) -> dict[str, Any]:
        """Parses `NAME=VALUE` texts.

        Args:
            given: The texts.
            recurring: Whether they are for a recurring run, whose data may be another every time.

        Raises:
            SubmitError: There is no such parameter, or the value is not of its type.
        """
        values = {}
        for text in given:
            name, equals, value = text.partition("=")
            if not equals:
                raise SubmitError(f"--param {text}: must be NAME=VALUE")
            if redaction.is_in(value):
                raise SubmitError(
                    f"--param {name}: looks like a credential, and Kubeflow shows parameters to everyone who sees the "
                    "run; put it into a Kubernetes Secret, and name that under kubeflow.defaults.secrets"
                )
            if found := EXPANDED.search(value):
                raise SubmitError(
                    f"--param {name}: must not contain {found[0]!r}, which is expanded on its way to a pod"
                )
            values[name] = self._value(name, value)
        self._check_data(values)
        if recurring and DATA_VERSION in self._definitions:
            if DATA_VERSION in values:
                raise SubmitError(
                    f"--param {DATA_VERSION}: a recurring run sets it to the time that it is due, so that it reads the "
                    "data anew; remove it"
                )
            return {**values, DATA_VERSION: SCHEDULED}
        unset = not self._definitions[DATA_VERSION].HasField("default_value") or DATA_PATH in values
        if DATA_VERSION in self._definitions and DATA_VERSION not in values and unset:
            # Nothing says whether the data is the same as last time.
            values[DATA_VERSION] = f"submitted {time.strftime('%Y-%m-%d %H:%M:%S')}"
        return values

    def _value(self, name: str, value: str) -> Any:
        if name not in self._definitions:
            hint = did_you_mean(name, self._definitions)
            known = ", ".join(sorted(self._definitions))
            raise SubmitError(f"--param {name}: unknown parameter; {hint}known parameters: {known}")
        if self._definitions[name].parameter_type != spec_pb2.ParameterType.NUMBER_INTEGER:
            return value
        if not re.fullmatch("[0-9]{1,18}", value) or int(value) < 1:
            raise SubmitError(f"--param {name}: must be a positive whole number; got {value!r}")
        return int(value)

    def _check_data(self, values: Mapping[str, Any]) -> None:
        """The package is compiled either for an object store, or for a path in the pod."""
        if DATA_PATH not in values:
            return
        compiled = self._definitions[DATA_PATH].default_value.string_value
        if (scheme(compiled) is None) != (scheme(values[DATA_PATH]) is None):
            kind = "a path in the pods" if scheme(compiled) is None else "an object-store URI"
            raise SubmitError(
                f"--param {DATA_PATH}: this package takes {kind}; set kubeflow.data and compile it again"
            )
