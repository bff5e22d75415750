"""Uploads a package to Kubeflow Pipelines, starts a run, and follows it."""

import contextlib
import io
import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.kubeflow import connection
from pipeline.kubeflow.compiled import Package
from pipeline.kubeflow.login import Login, SubmitError
from reactive_schedules.printable import one_line

POLL_SECONDS = 5.0
"""Time between two requests for the state of a run."""

TRIES = 12
"""Failed requests in a row that end the watch; a few are tolerated, such as while a proxy restarts."""

ENDED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")


class Service:
    """A Kubeflow Pipelines API.

    Args:
        endpoint: URL, such as http://localhost:8080.
        namespace: Namespace of the user on a multi-user Kubeflow.
        login: What proves who asks.

    Attributes:
        endpoint: The URL without a trailing slash.
        namespace: As given.
        client: The client of Kubeflow Pipelines, to be used within `calling`.

    Raises:
        SubmitError: The endpoint is not the address of an API, cannot be reached, redirects elsewhere, or refuses
            the login.
    """

    def __init__(
        self,
        endpoint: str,
        namespace: str | None = None,
        login: Login | None = None,
    ) -> None:
        login = login or Login()
        self.endpoint, self.namespace = endpoint.rstrip("/"), namespace
        connection.check(self.endpoint, encrypted=login.is_secret and not login.plain_http)
        connection.knock(self.endpoint, login)
        with warnings.catch_warnings(), _silence():
            warnings.simplefilter("ignore")
            self.client = connection.client(self.endpoint, namespace or "kubeflow", login)

    @contextlib.contextmanager
    def calling(self) -> Iterator[Any]:
        """Gives the client, without its output, and with errors in one line."""
        with _explained(self.endpoint), _silence():
            yield self.client

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
        with self.calling() as client:
            group = self.experiment(experiment)
            pipeline, version = self.upload(package)
            run = client.run_pipeline(
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
                with self.calling() as client:
                    found = client.get_run(run)
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
        with self.calling() as client:
            error = client.get_run(run).error
        return one_line(error.message or "") if error else ""

    def experiment(self, name: str | None) -> str:
        """Id of an experiment; None is Default, which is created if necessary.

        Raises:
            SubmitError: There is no such experiment.
        """
        with self.calling() as client:
            if name is None:  # as the SDK does
                return client.create_experiment("Default", namespace=self.namespace).experiment_id
            found = pages(client.list_experiments, "experiments", namespace=self.namespace)
            numbers = {each.display_name: each.experiment_id for each in found}
        if name not in numbers:
            names = ", ".join(sorted(numbers)) or "none"
            raise SubmitError(f"--experiment {name}: unknown experiment; known experiments: {names}")
        return numbers[name]

    def upload(self, package: Package) -> tuple[str, str]:
        """Uploads a package; returns the ids of the pipeline and of its new version."""
        with self.calling() as client:
            query = named(package.name)
            found = client.list_pipelines(namespace=self.namespace, filter=query).pipelines
            if not found:
                pipeline = client.upload_pipeline(
                    str(package.path), pipeline_name=package.name, namespace=self.namespace
                ).pipeline_id
                version = client.list_pipeline_versions(pipeline, page_size=1).pipeline_versions[0]
                return pipeline, version.pipeline_version_id
            pipeline = found[0].pipeline_id
            version = client.upload_pipeline_version(
                str(package.path), _version_name(package.name), pipeline_id=pipeline
            )
            return pipeline, version.pipeline_version_id


def named(name: str) -> str:
    """A filter for objects of this name."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def pages(listing: Callable[..., Any], field: str, **arguments: Any) -> Iterator[Any]:
    """Yields all objects that a method of the client lists, page by page."""
    token = ""
    while True:
        page = listing(page_token=token, page_size=100, **arguments)
        yield from getattr(page, field) or ()
        token = page.next_page_token
        if not token:
            return


def _version_name(pipeline: str) -> str:
    """A new name. Where Kubernetes stores pipelines, it must be one of its own: letters, digits and hyphens.

    Two versions in one second would have the same name, which Kubeflow refuses.
    """
    now = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() // 1000 % 10**6:06}"
    return f"{pipeline[:40].rstrip('-')}-{now}"


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
