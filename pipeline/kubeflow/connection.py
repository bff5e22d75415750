"""The connection to a Kubeflow Pipelines API: its address, and no redirects."""

import contextlib
import ipaddress
import json
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from pipeline.kubeflow.login import Login, SubmitError

API = "/apis/v2beta1/"
"""Beginning of every path of the API, below the endpoint."""


def check(endpoint: str, encrypted: bool) -> None:
    """Checks an endpoint before anything is sent to it.

    Args:
        endpoint: URL without a trailing slash.
        encrypted: Whether what is sent must be encrypted, unless it stays on this machine.

    Raises:
        SubmitError: It is not a plain URL, holds a login, or does not encrypt what must be encrypted.
    """
    shown = _without_secrets(endpoint)
    if not endpoint.startswith(("http://", "https://")):
        raise SubmitError(f"--endpoint {shown}: must begin with http:// or https://")
    url = _split(endpoint)
    if url is None:
        raise SubmitError(
            f"--endpoint {shown}: is not a URL with a host; use one such as http://localhost:8080"
        )
    if "@" in url.netloc:
        raise SubmitError(f"--endpoint {shown}: must not contain a login; pass a token with --token-file")
    if shown != endpoint:
        raise SubmitError(f"--endpoint {shown}…: must end before ? and #; use --endpoint {shown}")
    if encrypted and url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise SubmitError(
            f"--endpoint {shown}: would send the login unencrypted; use https://, forward a port of localhost with "
            "kubectl port-forward, or allow it with --plain-http"
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Turns a redirect into an HTTPError; urllib would follow it with the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


def knock(endpoint: str, login: Login) -> None:
    """Checks that the API answers; kfp.Client would retry for half a minute, and say less.

    Raises:
        SubmitError: It does not, redirects elsewhere, or refuses the login.
    """
    request = urllib.request.Request(f"{endpoint}{API}healthz", headers=login.headers())
    handlers = _NoRedirects, urllib.request.HTTPSHandler(context=login.tls())
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=30) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        raise refusal(endpoint, error.code, error.reason, error.headers.get("Location")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SubmitError(f"--endpoint {endpoint}: cannot be reached: {reason}") from None
    try:
        json.loads(body)
    except ValueError:
        raise SubmitError(
            f"--endpoint {endpoint}: answers with a web page, not as the Kubeflow Pipelines API; if it needs a "
            "login, pass --token-file or --cookie-file; on a full Kubeflow, the URL ends with /pipeline"
        ) from None


def client(endpoint: str, namespace: str, login: Login) -> Any:
    """The client of Kubeflow Pipelines for an endpoint that answers."""
    import kfp
    import urllib3

    class Client(kfp.Client):
        """Never follows a redirect, with which urllib3 would send the package, and perhaps the token, elsewhere."""

        def _load_config(self, *arguments: Any) -> Any:
            config = super()._load_config(*arguments)
            config.retries = urllib3.Retry(3, redirect=False)  # 3 as without it
            return config

    return Client(
        host=endpoint,
        namespace=namespace,
        credentials=login if login.token_file else None,
        cookies=login.headers().get("Cookie"),
        ssl_ca_cert=str(login.ca_cert) if login.ca_cert else None,
    )


def refusal(endpoint: str, status: int | None, reason: str, location: str | None) -> SubmitError:
    """The error for an answer that is not a success.

    Args:
        endpoint: URL without a trailing slash.
        status: HTTP status.
        reason: Explanation in the answer.
        location: Target of a redirect.
    """
    if status is not None and 300 <= status < 400 and location:
        return SubmitError(f"--endpoint {endpoint}: {_redirection(endpoint, location)}")
    if status in (401, 403):
        return SubmitError(
            f"--endpoint {endpoint}: login refused ({status} {reason}); pass a valid token with --token-file, or "
            "cookies with --cookie-file"
        )
    return SubmitError(f"--endpoint {endpoint}: Kubeflow answers {status}: {reason}")


def _redirection(endpoint: str, location: str) -> str:
    """The fault and the remedy for an endpoint that redirects to a location, in words."""
    with contextlib.suppress(ValueError):  # the location is not a URL
        location = urljoin(f"{endpoint}/", location)
    target = _without_secrets(location)
    if API in target:
        return (
            f"redirects to {target}, and nothing is sent there; if you trust it, use --endpoint "
            f"{target.partition(API)[0]}"
        )
    return (
        f"redirects to {target}, and nothing is sent there; if that is a login page, pass a valid token with "
        "--token-file, otherwise correct --endpoint"
    )


def _split(endpoint: str) -> SplitResult | None:
    """The parts of a URL; None if it is not one, or names no host."""
    try:
        url = urlsplit(endpoint)
        return url if url.hostname and url.port != 0 else None
    except ValueError:
        return None


def _without_secrets(url: str) -> str:
    """The URL, which need not be valid, without login, query and fragment."""
    begin = re.match(r"(?:\w+://)?", url)[0]
    return begin + re.split("[?#]", url.removeprefix(begin).rpartition("@")[2])[0].rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
