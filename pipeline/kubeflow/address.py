"""The address of a Kubeflow Pipelines API, and the token to log in with."""

import contextlib
import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from components.errors import UserError

API = "/apis/v2beta1/"
"""Beginning of every path of the API, below the endpoint."""


class SubmitError(UserError):
    """The package was not submitted, or the run cannot be followed."""


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
            f"--endpoint {shown}: would send the token unencrypted; use https://, forward a port of localhost with "
            "kubectl port-forward, or allow it with --plain-http"
        )


def redirection(endpoint: str, location: str) -> str:
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


def read_token(file: Path) -> str:
    """The token in a file.

    Raises:
        SubmitError: The file is not readable, or does not hold a token, which is not shown.
    """
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SubmitError(
            f"--token-file {file}: {getattr(error, 'strerror', None) or 'not a text file'}"
        ) from None
    if not re.fullmatch("[ -~]+", token):  # anything else ends up in an error message of the HTTP client
        raise SubmitError(
            f"--token-file {file}: does not hold a token; it must be one line of ASCII characters"
        )
    return token


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
