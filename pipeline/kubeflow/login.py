"""What `submit` proves with who it is, and what it knows the server by."""

import dataclasses
import re
import ssl
from pathlib import Path
from typing import Any

from components.errors import UserError


class SubmitError(UserError):
    """The package was not submitted, or the run cannot be followed."""


@dataclasses.dataclass(frozen=True)
class Login:
    """Files that hold secrets, read when they are needed, because tokens in them are renewed.

    Attributes:
        token_file: File with a bearer token.
        cookie_file: File with cookies, such as `authservice_session=…`.
        ca_cert: File with the certificates to trust instead of the public ones.
        plain_http: Whether secrets may be sent unencrypted.
    """

    token_file: Path | None = None
    cookie_file: Path | None = None
    ca_cert: Path | None = None
    plain_http: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether a secret is sent."""
        return self.token_file is not None or self.cookie_file is not None

    def headers(self) -> dict[str, str]:
        """HTTP headers that prove who asks.

        Raises:
            SubmitError: A file is not readable, or does not hold what it should, which is not shown.
        """
        found = {}
        if self.token_file:
            found["Authorization"] = f"Bearer {self.token()}"
        if self.cookie_file:
            found["Cookie"] = _line("--cookie-file", self.cookie_file, "cookies")
        return found

    def token(self) -> str:
        """The token, as the file holds it now; as for `headers`."""
        assert self.token_file is not None
        return _line("--token-file", self.token_file, "a token")

    def tls(self) -> ssl.SSLContext:
        """What the server's certificate is checked with.

        Raises:
            SubmitError: The file holds no certificates.
        """
        if self.ca_cert is None:
            return ssl.create_default_context()
        try:
            return ssl.create_default_context(cafile=str(self.ca_cert))
        except ssl.SSLError:
            raise SubmitError(f"--ca-cert {self.ca_cert}: does not hold certificates in PEM format") from None
        except OSError as error:
            raise SubmitError(f"--ca-cert {self.ca_cert}: {error.strerror}") from None

    def refresh_api_key_hook(self, config: Any) -> None:
        """Called by the client of Kubeflow Pipelines before each request."""
        config.api_key["authorization"] = self.token()


def _line(option: str, file: Path, what: str) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SubmitError(
            f"{option} {file}: {getattr(error, 'strerror', None) or 'not a text file'}"
        ) from None
    if not re.fullmatch("[ -~]+", text):  # anything else ends up in an error message of the HTTP client
        raise SubmitError(f"{option} {file}: does not hold {what}; it must be one line of ASCII characters")
    return text
