"""Dask clusters on this machine, of real processes."""

import datetime
import ipaddress
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[4]


class DaskCluster:
    """A scheduler, and the workers that a test starts. Use it in a `with` statement, which kills them.

    Args:
        folder: Folder for scratch files and logs.
        options: Options of scheduler and workers, for TLS.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options = folder, options
        self._processes: list[subprocess.Popen] = []
        self.file = folder / "scheduler.json"

    def __enter__(self) -> "DaskCluster":
        # As on a cluster of others: the scheduler need not have this project.
        host = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self._start("scheduler", "distributed.cli.dask_scheduler", *host, cwd=self._folder)
        deadline = time.monotonic() + 300
        while not self.file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    @property
    def address(self) -> str:
        """Address of the scheduler."""
        return json.loads(self.file.read_text(encoding="utf-8"))["address"]

    def worker(self, name: str, *path: Path) -> subprocess.Popen:
        """Starts a worker; `path` are folders to import from, before those of this project."""
        scratch = ["--local-directory", str(self.scratch(name))]
        options = ["--name", name, "--no-nanny", "--nthreads", "1", "--no-dashboard", *scratch]
        folders = os.pathsep.join(map(str, [*path, ROOT]))
        return self._start(name, "distributed.cli.dask_worker", *options, cwd=ROOT, PYTHONPATH=folders)

    def scratch(self, name: str) -> Path:
        """The folder where a worker has what it downloads."""
        return self._folder / f"scratch-{name}"

    def end(self, *workers: subprocess.Popen) -> None:
        """Kills workers."""
        for worker in workers:
            worker.kill()
            worker.wait()
            self._processes.remove(worker)

    def _start(
        self, name: str, module: str, *options: str, cwd: Path, **environment: str
    ) -> subprocess.Popen:
        command = [sys.executable, "-P", "-m", module, "--scheduler-file", str(self.file)]
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, *options, *self._options],
                cwd=cwd,
                env={**inherited, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process


def certificate(folder: Path) -> dict[str, str]:
    """Writes a certificate for this machine that is its own authority; returns its files as `Tls` names them."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "search")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    cert_file, key_file = folder / "certificate.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return {"ca_file": str(cert_file), "cert_file": str(cert_file), "key_file": str(key_file)}
