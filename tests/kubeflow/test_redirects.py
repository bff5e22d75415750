"""`submit` sends the token and the package to the endpoint, and nowhere else."""

import pytest
from click.testing import CliRunner

import kubeflow_runner
from pipeline.kubeflow import connection
from tests.kubeflow.certificates import certificate
from tests.kubeflow.redirecting import Server, collector
from tests.kubeflow.test_submit import PARAMETERS, write

TOKEN = "open-sesame-1234"
HEALTHZ, EXPERIMENTS = "/apis/v2beta1/healthz", "/apis/v2beta1/experiments"


@pytest.fixture
def package(tmp_path):
    return write(tmp_path, PARAMETERS)


@pytest.fixture
def token(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    return file


def run(package, url, *arguments):
    command = ["submit", str(package), "--endpoint", url, *map(str, arguments)]
    result = CliRunner().invoke(kubeflow_runner.main, command, catch_exceptions=False)
    assert TOKEN not in result.output
    return result


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("redirected", [HEALTHZ, EXPERIMENTS])
@pytest.mark.parametrize("with_token", [True, False])
def test_a_redirect_to_another_server_is_refused(package, token, status, redirected, with_token):
    with collector() as other:

        def answer(path):
            if path.startswith(redirected):
                return status, f"{other.url}{path}", b""
            return 200, "", b"{}"

        with Server(answer) as server:
            result = run(package, server.url, *(["--token-file", token] if with_token else []))
    assert other.requests == []
    assert (result.exit_code, result.stderr) == (
        2,
        f"--endpoint {server.url}: redirects to {other.url}{redirected}, and nothing is sent there; if you trust it, use "
        f"--endpoint {other.url}\n",
    )
    assert all(("Authorization" in headers) == with_token for headers in server.requests)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/dex/auth?state=secret", "{}/dex/auth"),
        ("https://me:secret@login.example/x#secret", "https://login.example/x"),
    ],
)
def test_a_redirect_to_a_login_page(package, token, location, shown):
    with Server(lambda path: (302, location, b"")) as server:
        result = run(package, server.url, "--token-file", token)
    target = shown.format(server.url)
    assert (result.exit_code, result.stderr) == (
        2,
        f"--endpoint {server.url}: redirects to {target}, and nothing is sent there; if that is a login page, pass a "
        "valid token with --token-file, otherwise correct --endpoint\n",
    )
    assert len(server.requests) == 1


def test_a_redirect_to_what_is_not_a_url():
    error = connection.refusal("http://host", 302, "Found", "http://[?secret")
    assert str(error).startswith("--endpoint http://host: redirects to http://[, and nothing is ")


def test_a_redirect_from_https_to_http(package, token, tmp_path, monkeypatch):
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with collector() as other, Server(lambda path: (302, f"{other.url}{path}", b""), tls) as server:
        result = run(package, server.url, "--token-file", token)
    assert other.requests == []
    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"--endpoint {server.url}: redirects to {other.url}{HEALTHZ}, and nothing is sent"
    )
    assert server.requests[0]["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("http://me:secret@host", "http://host: must not contain a login; pass a token with --token-file"),
        (
            "https://secret@host:80/x",
            "https://host:80/x: must not contain a login; pass a token with --token-file",
        ),
        (
            "http://localhost:8080/?token=secret",
            "http://localhost:8080…: must end before ? and #; use --endpoint ",
        ),
        (
            "http://localhost:8080/#/pipelines",
            "http://localhost:8080…: must end before ? and #; use --endpoint ",
        ),
        ("http:///path", "http:///path: is not a URL with a host; use one such as "),
        ("http://secret@host:port", "http://host:port: is not a URL with a host; use one such as "),
        ("http://me:secret@[host", "http://[host: is not a URL with a host; use one such as "),
        ("me:secret@localhost:8080", "localhost:8080: must begin with http:// or https://"),
        (
            "http://kubeflow.example",
            "http://kubeflow.example: would send the login unencrypted; use https://, ",
        ),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080: would send the login unencrypted; use https://, "),
    ],
)
def test_endpoints_that_nothing_is_sent_to(package, token, endpoint, message):
    result = run(package, endpoint, "--token-file", token)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"--endpoint {message}")
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.output


def test_plain_http_can_be_allowed(package, token):
    # A name that nothing answers to, so the check was passed.
    result = run(package, "http://kubeflow.invalid", "--token-file", token, "--plain-http")
    assert result.stderr.startswith("--endpoint http://kubeflow.invalid: cannot be reached: ")


@pytest.mark.parametrize(
    "content", [f"{TOKEN}\nX-Other: 1", f"{TOKEN}\0", f"{TOKEN}ü", "", b"\xff" + TOKEN.encode()]
)
def test_a_file_that_holds_no_token(package, tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with collector() as server:
        result = run(package, server.url, "--token-file", file)
    assert server.requests == []
    assert result.exit_code == 2
    assert result.stderr.startswith(f"--token-file {file}: ")
    assert result.stderr.count("\n") == 1


def test_a_parameter_with_a_login(package):
    with collector() as server:
        result = run(package, server.url, "--param", "data_path=minio://me:secret@bucket/data")
    assert server.requests == []
    assert result.exit_code == 2
    assert result.stderr.startswith("--param data_path: looks like a credential")
    assert "secret" not in result.output.replace("kubeflow.defaults.secrets", "")
