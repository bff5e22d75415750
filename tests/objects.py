"""Object stores on this machine."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import s3fs
from gcp_storage_emulator.server import create_server

from tests.processes import free_port, running

BUCKET = "bucket"
_SERVERS = ("master", "volume", "filer", "s3")


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[dict[str, str]]:
    """A server of S3, which Kubeflow Pipelines has, too, with an empty bucket.

    Args:
        folder: Folder for its files and its log.

    Yields:
        The variables that lead clients to it.
    """
    ports = {f"{name}.port{kind}": free_port() for name in _SERVERS for kind in ("", ".grpc")}
    options = [
        f"-{name}={port}" for name, port in {**ports, "s3.port.lance": 0, "s3.port.iceberg": 0}.items()
    ]
    weed = Path(sys.executable).with_name("weed")
    command = [weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
    with running([*command, *options, "-master.volumeSizeLimitMB=64"], folder / "log") as process:
        process.said("Start Seaweed S3 API Server")
        keys = {
            "AWS_ACCESS_KEY_ID": "anybody",
            "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_REGION": "us-east-1",
        }
        url = f"http://127.0.0.1:{ports['s3.port']}"
        s3fs.S3FileSystem(
            key=keys["AWS_ACCESS_KEY_ID"], secret=keys["AWS_SECRET_ACCESS_KEY"], endpoint_url=url
        ).mkdir(BUCKET)
        yield {**keys, "AWS_ENDPOINT_URL": url}
        process.kill()  # it would close in order, which takes half a minute


@contextlib.contextmanager
def google_storage() -> Iterator[dict[str, str]]:
    """A server of Google Cloud Storage with an empty bucket.

    Yields:
        The variables that lead clients to it.
    """
    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    try:
        yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}"}
    finally:
        server.stop()
