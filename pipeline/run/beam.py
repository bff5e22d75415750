"""Arguments of the Beam pipelines inside components."""

import socket

from components.errors import UserError

_RUNNER, _IMAGE, _JOB_SERVER = "--runner=", "--sdk_container_image=", "--job_endpoint="
_LOCAL_RUNNERS = (None, "DirectRunner", "FnApiRunner")


def arguments(configured: list[str]) -> list[str]:
    """Completes the arguments of a configuration.

    Args:
        configured: Arguments as Beam documents them, in the form `--name=value`. Without a runner, or with Beam's
            DirectRunner, pipelines run on this machine: in this process or, with
            `--direct_running_mode=multi_processing`, in worker processes.
    """
    runner = _value(configured, _RUNNER)
    rest = [argument for argument in configured if not argument.startswith(_RUNNER)]
    if runner in _LOCAL_RUNNERS:
        # The in-memory DirectRunner ends up with FnApiRunner, but first looks for Prism online.
        processes = "--direct_running_mode=multi_processing" in rest
        runner = "components.workers.runner.ProcessRunner" if processes else "FnApiRunner"
    if _value(rest, _IMAGE) is None:
        # Workers have the project installed. Any image name keeps TFX from packaging its own source for them, which
        # takes seconds in every component.
        rest = [_IMAGE + "unused", *rest]
    # Workers must import TFX before they unpickle anything of TensorFlow Data Validation, which needs it.
    return [_RUNNER + runner, "--beam_plugins=tfx", *rest]


def is_local(configured: list[str]) -> bool:
    """Whether pipelines run on the machine that starts them."""
    return _value(configured, _RUNNER) in _LOCAL_RUNNERS


def check(configured: list[str]) -> None:
    """Checks those needs of the runner that can be checked from here.

    Raises:
        UserError: Workers have no image to run in, or no job server answers (Beam would wait for minutes).
    """
    runner = _value(configured, _RUNNER)
    environment = _value(configured, "--environment_type=")
    if runner not in _LOCAL_RUNNERS and environment in (None, "DOCKER") and not _value(configured, _IMAGE):
        raise UserError(
            f"beam: the workers of {runner} need the image of this project; add {_IMAGE}…, "
            "or say where they run with --environment_type=…"
        )
    endpoint = _value(configured, _JOB_SERVER)
    if endpoint is None or ":" not in endpoint:
        return  # Beam starts a job server itself
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError) as error:
        raise UserError(
            f"beam: no job server answers at {endpoint} ({error}); start it, or correct {_JOB_SERVER}…"
        ) from None


def _value(arguments: list[str], prefix: str) -> str | None:
    return next(
        (argument.removeprefix(prefix) for argument in arguments if argument.startswith(prefix)), None
    )
