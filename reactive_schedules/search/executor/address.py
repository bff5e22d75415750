"""Where a Dask cluster is, checked without importing Dask."""

import dataclasses
import importlib.util
import ipaddress
import json
import re
from pathlib import Path

_FORM = re.compile(r"(?P<protocol>[a-z]+)://(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(?P<port>\d{1,5})/?")


class ClusterError(ValueError):
    """A cluster cannot be used. The message is one line: key, fault and remedy."""


@dataclasses.dataclass(frozen=True)
class Tls:
    """Certificates for connections to a cluster, as paths of PEM files.

    Attributes:
        ca_file: Certificates of the authorities that are trusted.
        cert_file: Certificate of this machine.
        key_file: Private key of the certificate.
    """

    ca_file: str
    cert_file: str
    key_file: str


def check(cluster: str) -> None:
    """Checks the address of a scheduler, without connecting to it, or that a path may be one of a scheduler file.

    Raises:
        ClusterError: It is not the address of a scheduler, or not secure, or Dask is not installed.
    """
    if "://" in cluster:
        found = _FORM.fullmatch(cluster)
        if not found or found["protocol"] not in ("tcp", "tls") or int(found["port"]) not in range(1, 2**16):
            raise ClusterError(
                f"cluster: {cluster!r} is not the address of a Dask scheduler; use tls://host:port, "
                "tcp://127.0.0.1:port, or the path of a scheduler file"
            )
        if found["protocol"] == "tcp" and not _is_loopback(found["host"].strip("[]")):
            raise ClusterError(
                f"cluster: Dask runs what anyone sends to {cluster}; start the scheduler and its workers with TLS "
                "certificates, and use tls:// with tls"
            )
    if importlib.util.find_spec("distributed") is None:
        raise ClusterError("cluster: Dask is not installed; run pip install 'reactive-schedules[cluster]'")


def resolved(cluster: str) -> str:
    """Returns the address of a cluster's scheduler.

    Args:
        cluster: Address such as `tls://scheduler:8786`, or the path of a scheduler file as `dask scheduler` writes it.

    Raises:
        ClusterError: See `check`, or the file cannot be read.
    """
    address = cluster if "://" in cluster else _in_file(Path(cluster))
    check(address)
    return address


def _in_file(file: Path) -> str:
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    except OSError as error:
        raise ClusterError(
            f"cluster: {file}: {error.strerror}; give tls://host:port, or the path of a scheduler file"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ClusterError(f"cluster: {file}: not a scheduler file, as dask scheduler writes it") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
