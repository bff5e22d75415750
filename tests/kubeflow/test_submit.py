"""`kubeflow_runner.py submit` against a server that speaks Kubeflow's API."""

import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
from click.testing import CliRunner, Result

import kubeflow_runner
from pipeline.kubeflow import compiled, submit
from tests.kubeflow.api import KubeflowApi
from tests.kubeflow.certificates import certificate

PARAMETERS = {
    "data_path": {"parameterType": "STRING", "defaultValue": "minio://bucket/data"},
    "data_version": {"parameterType": "STRING", "defaultValue": "1"},
    "epochs": {"parameterType": "NUMBER_INTEGER", "defaultValue": 30},
}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(submit, "POLL_SECONDS", 0.01)


@pytest.fixture
def package(tmp_path):
    return write(tmp_path, PARAMETERS)


def write(tmp_path, parameters):
    path = tmp_path / "pipeline.yaml"
    spec = {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "digits"},
        "defaultPipelineRoot": "minio://bucket/root",
        "root": {
            "inputDefinitions": {"parameters": parameters},
            "dag": {"tasks": {name: {} for name in ("ExampleGen", "Trainer", "Pusher")}},
        },
    }
    path.write_text(yaml.safe_dump(spec))
    return path


def run(package, url: str, *arguments: str) -> Result:
    command = ["submit", str(package), "--endpoint", url, *arguments]
    return CliRunner().invoke(kubeflow_runner.main, command, catch_exceptions=False)


def task(name: str, state: str) -> dict:
    return {"display_name": name, "state": state}


def test_package_is_uploaded_and_run(package):
    with KubeflowApi() as api:
        result = run(package, api.url, "--param", "epochs=7", "--experiment", "nightly")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"Run {api.url}/#/runs/details/r-1\n"
    assert api.pipelines["p-1"]["versions"][0]["package"] == package.read_text()
    (started,) = api.runs.values()
    assert started["experiment_id"] == "e-2"
    assert started["pipeline_version_reference"] == {"pipeline_id": "p-1", "pipeline_version_id": "v-1"}
    assert started["runtime_config"] == {"parameters": {"epochs": 7}, "pipeline_root": "minio://bucket/root"}


def test_second_submission_is_a_new_version_of_the_same_pipeline(package):
    with KubeflowApi() as api:
        for _ in range(3):
            assert run(package, api.url).exit_code == 0
    (pipeline,) = api.pipelines.values()
    names = {version["display_name"] for version in pipeline["versions"]}
    assert len(names) == 3
    assert all(re.fullmatch("[a-z0-9]([-a-z0-9]{,61}[a-z0-9])?", name) for name in names)
    used = [run["pipeline_version_reference"]["pipeline_version_id"] for run in api.runs.values()]
    assert used == ["v-1", "v-2", "v-3"]


def test_without_an_experiment_the_run_goes_to_the_default_one(package):
    with KubeflowApi() as api:
        assert run(package, api.url).exit_code == 0
        api.experiments.clear()
        assert run(package, api.url).exit_code == 0
    assert [run["experiment_id"] for run in api.runs.values()] == ["e-1", "e-1"]
    assert [*api.experiments.values()] == ["Default"]


def test_wait_follows_the_tasks_to_the_end(package):
    drivers = [
        task("digits-x7f2", "RUNNING"),
        task("root", "RUNNING"),
        task("ExampleGen-driver", "SUCCEEDED"),
        task("executor", "RUNNING"),
    ]
    states = (
        {"state": "PENDING"},
        {"state": "RUNNING", "run_details": {"task_details": [*drivers, task("ExampleGen", "RUNNING")]}},
        {"state": "RUNNING", "run_details": {"task_details": [*drivers, task("ExampleGen", "SUCCEEDED")]}},
        {"state": "SUCCEEDED", "run_details": {"task_details": [task("ExampleGen", "SUCCEEDED")]}},
    )
    with KubeflowApi(states=states) as api:
        api.failures = [502, 503]  # a proxy that restarts does not end the watch
        result = run(package, api.url, "--wait")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [re.sub(r"^[\d:]+ +", "", line).split() for line in lines[1:3]] == [
        ["ExampleGen", "running"],
        ["ExampleGen", "succeeded"],
    ]
    assert lines[3:] == ["The run succeeded."]


@pytest.mark.parametrize(("state", "ended"), [("FAILED", "failed"), ("CANCELED", "was canceled")])
def test_wait_fails_when_the_run_does(package, state, ended):
    details = {"task_details": [task("Trainer", "FAILED"), task("Pusher", "SKIPPED")]}
    states = ({"state": state, "error": {"message": "Trainer: exit code 1"}, "run_details": details},)
    with KubeflowApi(states=states) as api:
        result = run(package, api.url, "--wait")
    assert result.exit_code == 1
    assert result.stderr == f"The run {ended}: Trainer (Trainer: exit code 1)\n"


def test_wait_ends_when_the_api_is_gone(package):
    with KubeflowApi(states=({"state": "RUNNING"},)) as api:
        api.failures = [502] * 100
        result = run(package, api.url, "--wait")
    assert result.exit_code == 2
    assert result.stderr == f"--endpoint {api.url}: Kubeflow answers 502: upstream connect error\n"


def test_token_is_shown(package, tmp_path):
    file = tmp_path / "token"
    file.write_text("open sesame\n")
    with KubeflowApi(token="open sesame") as api:
        assert run(package, api.url, "--token-file", str(file), "--wait").exit_code == 0


def test_a_token_is_read_anew_for_every_request(package, tmp_path):
    file = tmp_path / "token"
    file.write_text("first\n")
    states = tuple({"state": state} for state in ("PENDING", "RUNNING", "RUNNING", "SUCCEEDED"))
    with KubeflowApi(token="first", states=states) as api:
        answer = api.answer

        def rotating(method, path, query, body):
            if api.states[0]["state"] == "RUNNING":  # as the kubelet does with a projected token
                file.write_text("second\n")
                api.token = "second"
            return answer(method, path, query, body)

        api.answer = rotating
        result = run(package, api.url, "--token-file", str(file), "--wait")
    assert (result.exit_code, result.stderr) == (0, "")


def test_cookies_and_a_private_authority(package, tmp_path):
    (tmp_path / "cookie").write_text("authservice_session=abc; x=1\n")
    login = ["--cookie-file", str(tmp_path / "cookie"), "--ca-cert", str(tmp_path / "certificate.pem")]
    with KubeflowApi(cookie="authservice_session=abc; x=1", tls=certificate(tmp_path)) as api:
        result = run(package, api.url, *login)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "certificate verify failed" in run(package, api.url, *login[:2]).stderr
        (tmp_path / "cookie").write_text("authservice_session=old\n")
        assert "login refused (401 Unauthorized); pass a valid token" in run(package, api.url, *login).stderr


def test_a_file_without_certificates(package, tmp_path):
    (tmp_path / "ca").write_text("none")
    for file, fault in (
        ("ca", "does not hold certificates in PEM format"),
        ("no", "No such file or directory"),
    ):
        result = run(package, "https://127.0.0.1:1", "--ca-cert", str(tmp_path / file))
        assert (result.exit_code, result.stderr) == (2, f"--ca-cert {tmp_path / file}: {fault}\n")


def test_an_experiment_beyond_the_first_page(package):
    with KubeflowApi() as api:
        api.experiments |= {f"x-{number}": f"team {number:03}" for number in range(250)}
        assert run(package, api.url, "--experiment", "team 249").exit_code == 0
        assert [started["experiment_id"] for started in api.runs.values()] == ["x-249"]
        unknown = run(package, api.url, "--experiment", "team 250").stderr
    assert unknown.endswith("team 248, team 249\n")


@pytest.mark.parametrize("token", [None, "wrong"])
def test_refused_login(package, tmp_path, token):
    file = tmp_path / "token"
    file.write_text(token or "")
    with KubeflowApi(token="open sesame") as api:
        result = run(package, api.url, *(["--token-file", str(file)] if token else []))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"--endpoint {api.url}: login refused (401 ")
    assert result.stderr.count("\n") == 1


def test_unreachable_endpoint(package):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = run(package, url)
    assert result.exit_code == 2
    assert result.stderr == f"--endpoint {url}: cannot be reached: [Errno 111] Connection refused\n"


def test_endpoint_that_is_a_login_page(package):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Log in")

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    result = run(package, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    assert result.exit_code == 2
    assert "answers with a web page, not as the Kubeflow Pipelines API" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--experiment", "weekly"],
            "--experiment weekly: unknown experiment; known experiments: Default, nightly",
        ),
        (["--param", "epoch=3"], "--param epoch: unknown parameter; did you mean epochs? "),
        (["--param", "epochs=many"], "--param epochs: must be a positive whole number; got 'many'"),
        (["--param", "epochs"], "--param epochs: must be NAME=VALUE"),
        (
            ["--param", "data_path=minio://b/$$"],
            "--param data_path: must not contain '$$', which is expanded on its way",
        ),
        (["--every", "1"], "--every 1: must be a whole number with a unit, such as 30min, 6h, 1d or 1w"),
        (["--cron", "0 0 6 * * *"], "--cron '0 0 6 * * *': must have five fields, as in a crontab: minute, "),
        (
            ["--every", "1d", "--param", "data_version=2"],
            "--param data_version: a recurring run sets it to the time",
        ),
        (["--param", "data_path=/data"], "--param data_path: this package takes an object-store URI"),
        (["--token-file", "nowhere"], "--token-file nowhere: No such file or directory"),
    ],
)
def test_wrong_arguments_are_one_line_before_anything_is_uploaded(package, arguments, message):
    with KubeflowApi() as api:
        result = run(package, api.url, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert not any(request.startswith("POST") for request in api.requests)


@pytest.mark.parametrize("content", [None, "a: [", "- 1", "name: other"])
def test_file_that_is_no_package(tmp_path, content):
    path = tmp_path / "other.yaml"
    if content:
        path.write_text(content)
    result = run(path, "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("version", "given", "expected"),
    [
        ("1", [], {}),
        ("1", ["data_path=s3://b/new"], {"data_path": "s3://b/new", "data_version": "submitted"}),
        ("1", ["data_path=s3://b/new", "data_version=2"], {"data_path": "s3://b/new", "data_version": "2"}),
        (None, [], {"data_version": "submitted"}),
        (None, ["data_version=2"], {"data_version": "2"}),
    ],
)
def test_data_that_may_have_changed_is_read_again(tmp_path, version, given, expected):
    definition = {"parameterType": "STRING"} | ({"defaultValue": version} if version else {})
    package = compiled.Package(write(tmp_path, PARAMETERS | {"data_version": definition}))
    found = package.parameters(given)
    found = {
        name: "submitted" if value.startswith("submitted 20") else value for name, value in found.items()
    }
    assert found == expected
