"""Uploads a package to Kubeflow Pipelines, starts a run, and follows it."""

import contextlib
import io
import json
import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from pipeline.config.uris import scheme
from pipeline.kubeflow import connection
from pipeline.kubeflow.connection import SubmitError
from pipeline.kubeflow.parameters import DATA_PATH, DATA_VERSION
from reactive_schedules import documents, redaction
from reactive_schedules.errors import did_you_mean
from reactive_schedules.printable import one_line

POLL_SECONDS = 5.0
"""Time between two requests for the state of a run."""

TRIES = 12
"""Failed requests in a row that end the watch; a few are tolerated, such as while a proxy restarts."""

ENDED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")


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

    def parameters(self, given: Sequence[str]) -> dict[str, Any]:
        """Parses `NAME=VALUE` texts.

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
            values[name] = self._value(name, value)
        self._check_data(values)
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


class Service:
    """A Kubeflow Pipelines API.

    Args:
        endpoint: URL, such as http://localhost:8080.
        namespace: Namespace of the user on a multi-user Kubeflow.
        token: Bearer token.
        plain_http: Whether the token may be sent unencrypted.

    Raises:
        SubmitError: The endpoint is not the address of an API, cannot be reached, redirects elsewhere, or refuses
            the login.
    """

    def __init__(
        self,
        endpoint: str,
        namespace: str | None = None,
        token: str | None = None,
        plain_http: bool = False,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._namespace = namespace
        connection.check(self.endpoint, encrypted=token is not None and not plain_http)
        connection.knock(self.endpoint, token)
        with warnings.catch_warnings(), _silence():
            warnings.simplefilter("ignore")
            self._client = connection.client(self.endpoint, namespace or "kubeflow", token)

    def submit(self, package: Package, parameters: Mapping[str, Any], experiment: str | None) -> str:
        """Uploads a version of the pipeline and starts a run of it.

        Args:
            package: Package to run.
            parameters: Parameters of the run.
            experiment: Name of an experiment; None for Default, which is created if necessary.

        Returns:
            The run's id.

        Raises:
            SubmitError: There is no such experiment, or Kubeflow rejects the package.
        """
        with _explained(self.endpoint), _silence():
            group = self._experiment(experiment)
            pipeline, version = self._upload(package)
            run = self._client.run_pipeline(
                experiment_id=group,
                job_name=f"{package.name} {time.strftime('%Y-%m-%d %H:%M:%S')}",
                pipeline_id=pipeline,
                version_id=version,
                params=dict(parameters),
                pipeline_root=package.root or None,
            )
        return run.run_id

    def link(self, run: str) -> str:
        """URL of a run's page."""
        return f"{self.endpoint}/#/runs/details/{run}"

    def follow(self, run: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Yields the states of a run and of its tasks until the run ends.

        Raises:
            SubmitError: The API no longer answers.
        """
        failures = 0
        while True:
            try:
                with _explained(self.endpoint):
                    found = self._client.get_run(run)
            except SubmitError:
                failures += 1
                if failures == TRIES:
                    raise
            else:
                failures = 0
                state = found.state or "PENDING"
                yield state, _tasks(found)
                if state in ENDED:
                    return
            time.sleep(POLL_SECONDS)

    def error(self, run: str) -> str:
        """Why a run failed; empty if Kubeflow does not say."""
        with _explained(self.endpoint):
            error = self._client.get_run(run).error
        return one_line(error.message or "") if error else ""

    def _experiment(self, name: str | None) -> str:
        if name is None:  # as the SDK does
            return self._client.create_experiment("Default", namespace=self._namespace).experiment_id
        found = self._client.list_experiments(page_size=100, namespace=self._namespace).experiments or []
        numbers = {experiment.display_name: experiment.experiment_id for experiment in found}
        if name not in numbers:
            names = ", ".join(sorted(numbers)) or "none"
            raise SubmitError(f"--experiment {name}: unknown experiment; known experiments: {names}")
        return numbers[name]

    def _upload(self, package: Package) -> tuple[str, str]:
        wanted = [{"operation": "EQUALS", "key": "display_name", "stringValue": package.name}]
        found = self._client.list_pipelines(
            namespace=self._namespace, filter=json.dumps({"predicates": wanted})
        ).pipelines
        if not found:
            pipeline = self._client.upload_pipeline(
                str(package.path), pipeline_name=package.name, namespace=self._namespace
            ).pipeline_id
            version = self._client.list_pipeline_versions(pipeline, page_size=1).pipeline_versions[0]
            return pipeline, version.pipeline_version_id
        pipeline = found[0].pipeline_id
        # Two versions in one second would have the same name, which Kubeflow refuses.
        name = f"{package.name} {time.strftime('%Y-%m-%d %H:%M:%S')}.{time.time_ns() // 1000 % 10**6:06}"
        version = self._client.upload_pipeline_version(str(package.path), name, pipeline_id=pipeline)
        return pipeline, version.pipeline_version_id


def _tasks(run: Any) -> dict[str, str]:
    details = run.run_details.task_details if run.run_details else None
    return {task.display_name: task.state for task in details or [] if task.state}


@contextlib.contextmanager
def _explained(endpoint: str) -> Iterator[None]:
    """Turns errors of the client into one-line errors."""
    import kfp_server_api
    import urllib3

    try:
        yield
    except kfp_server_api.ApiException as error:
        location = error.headers.get("Location") if error.headers else None
        raise connection.refusal(endpoint, error.status, _message(error), location) from None
    except urllib3.exceptions.HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise SubmitError(f"--endpoint {endpoint}: cannot be reached: {reason}") from None


def _message(error: Any) -> str:
    try:
        answer = json.loads(error.body)
        text = answer.get("message") or answer.get("error_message") or answer.get("error") or error.reason
    except (TypeError, ValueError, AttributeError):
        text = error.body or error.reason
    return one_line(text)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Suppresses the client's output: warnings, and links to intermediate pages."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its retries
    with contextlib.redirect_stdout(io.StringIO()):
        yield
