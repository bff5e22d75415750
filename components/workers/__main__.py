"""Serves worker processes to a Beam job server: `python -m components.workers --port 50000`.

Flink and Spark call this an external environment: one pool runs next to each of their workers, and the pipeline
refers to it with `--environment_type=EXTERNAL --environment_config=localhost:50000`.
"""

import ipaddress
import signal
import sys
import threading

import click

from components.workers import pool


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at. Whoever reaches it can run code: keep it to this machine.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=50000, show_default=True, help="Port to listen on."
)
def main(host: str, port: int) -> None:
    """Serves worker processes to a Beam job server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # also ends the workers
    try:
        with pool.serving(host, port) as served:
            if not _is_this_machine(host):
                click.echo(f"Whoever reaches {host}:{served} can run code here.", err=True)
            click.echo(f"Worker pool at {host}:{served}")
            threading.Event().wait()
    except RuntimeError as error:
        raise click.ClickException(f"Cannot listen at {host}:{port}; is it in use? {error}") from None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    main()
