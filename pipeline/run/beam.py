"""Arguments of the Beam pipelines inside components, and whether the engine that they name can be used."""

import contextlib
import io
import secrets
import socket
import tempfile
from pathlib import Path

from components.errors import UserError, one_of
from pipeline.run.start import quiet

_RUNNER, _IMAGE, _JOB_SERVER = "--runner=", "--sdk_container_image=", "--job_endpoint="
_CACHE, _UNSTAGED = "--environment_cache_millis=", "--experiments=disable_logging_submission_environment"
_HERE = "--direct_running_mode=in_memory"
_LOCAL_RUNNERS = ("DirectRunner", "FnApiRunner")
_ENGINES = ("PortableRunner", "FlinkRunner", "SparkRunner")
_CACHE_MS = 600_000
"""How long an engine keeps idle workers. Beam's default starts new ones, with their imports, for every stage."""


def arguments(configured: list[str]) -> list[str]:
    """Completes the arguments of a configuration.

    Args:
        configured: Arguments as Beam documents them, in the form `--name=value`. Without a runner, or with Beam's
            DirectRunner, pipelines run on this machine: in this process or, with
            `--direct_running_mode=multi_processing`, in worker processes.
    """
    runner = _runner(configured)
    rest = [argument for argument in configured if not argument.startswith(_RUNNER)]
    if runner in _LOCAL_RUNNERS:
        # The in-memory DirectRunner ends up with FnApiRunner, but first looks for Prism online.
        processes = "--direct_running_mode=multi_processing" in rest
        runner = "components.workers.runner.ProcessRunner" if processes else "FnApiRunner"
    if runner in _ENGINES:
        runner = f"components.workers.engine.{runner}"
        if _value(rest, _CACHE) is None:
            rest = [f"{_CACHE}{_CACHE_MS}", *rest]
        rest = [_UNSTAGED, *rest]  # the list of what pip has installed, which needs pip and serves nobody
    if _value(rest, _IMAGE) is None:
        # Workers have the project installed. Any image name keeps TFX from packaging its own source for them, which
        # takes seconds in every component.
        rest = [_IMAGE + "unused", *rest]
    # Workers must import TFX before they unpickle anything of TensorFlow Data Validation, which needs it.
    return [_RUNNER + runner, "--beam_plugins=tfx", *rest]


def is_local(configured: list[str]) -> bool:
    """Whether pipelines run on the machine that starts them."""
    return _runner(configured) in _LOCAL_RUNNERS


def check(configured: list[str]) -> None:
    """Checks those needs of the runner that can be checked from here.

    Raises:
        UserError: Beam does not take the arguments, workers have no image to run in, or no job server answers (Beam
            would wait for minutes).
    """
    runner = _runner(configured)
    if configured not in ([], [_HERE]):  # Beam's parser takes seconds to import
        _parse(configured, runner)
    if runner == "DataflowRunner":
        raise UserError(
            "beam: Dataflow's workers see no folder of this machine, where the workspace is; use an engine whose "
            "workers do, such as FlinkRunner or SparkRunner"
        )
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


def probe(configured: list[str], workspace: Path) -> None:
    """Asks a worker of the engine what it sees; nothing is asked on this machine.

    Raises:
        UserError: The engine cannot run a job, or its workers have other releases or another file system.
    """
    if (runner := _runner(configured)) not in _ENGINES:
        return
    with tempfile.TemporaryDirectory(dir=workspace, prefix="probe-") as folder, quiet(UserError):
        from components.workers import engine
        from components.workers import probe as worker

        try:
            found = worker.ask(Path(folder).resolve(), secrets.token_hex(), arguments(configured))
        except engine.JobFailed as error:
            raise UserError(f"beam: {runner} cannot run a job: {error}") from None
    if found is None:
        raise UserError(
            f"workspace: the workers of {runner} do not read and write {workspace}; choose a folder with --workspace "
            "that they have under the same path"
        )
    here = worker.versions()
    if different := [name for name in {**here, **found} if here.get(name) != found.get(name)]:
        told = ", ".join(
            f"{name} {found.get(name, 'none')} instead of {here.get(name, 'none')}" for name in different
        )
        raise UserError(f"beam: the workers of {runner} have {told}; give them this environment")


def _parse(configured: list[str], runner: str) -> None:
    from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

    said = io.StringIO()
    try:
        # Beam logs arguments that it does not know, which may hold credentials.
        with quiet(SystemExit), contextlib.redirect_stderr(said):
            PipelineOptions(configured).get_all_options()
    except SystemExit:  # argparse ends with "…: error: argument --parallelism: invalid int value: 'x'"
        raise UserError(f"beam: {said.getvalue().strip().rpartition('error: ')[2]}") from None
    names = StandardOptions.KNOWN_RUNNER_NAMES
    if "." not in runner and _plain(runner) not in map(_plain, names):
        raise UserError(
            f"beam: --runner must be one of {one_of(names)}, or the path of a class; got {runner!r}"
        )


def _runner(configured: list[str]) -> str:
    """The runner as Beam's documentation spells it; Beam takes `flink` as well."""
    written = _value(configured, _RUNNER) or "DirectRunner"
    spelled = {_plain(name): name for name in (*_LOCAL_RUNNERS, *_ENGINES, "DataflowRunner")}
    return spelled.get(_plain(written), written)


def _plain(runner: str) -> str:
    return runner.lower().removesuffix("runner")


def _value(arguments: list[str], prefix: str) -> str | None:
    return next(
        (argument.removeprefix(prefix) for argument in arguments if argument.startswith(prefix)), None
    )
