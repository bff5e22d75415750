"""What happens to the configuration's `beam`."""

import socket

import pytest

from components.errors import UserError
from pipeline.run.beam import arguments, check

IN_PROCESS = "--runner=FnApiRunner"
ENGINE = "--runner=components.workers.engine."
PROCESSES = "--runner=components.workers.runner.ProcessRunner"


@pytest.mark.parametrize(
    ("configured", "runner"),
    [
        ([], IN_PROCESS),
        (["--direct_running_mode=in_memory"], IN_PROCESS),
        (["--runner=DirectRunner"], IN_PROCESS),
        (["--direct_running_mode=multi_processing", "--direct_num_workers=2"], PROCESSES),
        (["--runner=DirectRunner", "--direct_running_mode=multi_processing"], PROCESSES),
        (["--runner=directrunner"], IN_PROCESS),
        (["--runner=FlinkRunner", "--flink_master=flink:8081"], ENGINE + "FlinkRunner"),
        (["--runner=flink"], ENGINE + "FlinkRunner"),
        (["--runner=PortableRunner", "--job_endpoint=spark:8099"], ENGINE + "PortableRunner"),
        (["--runner=PrismRunner"], "--runner=PrismRunner"),
    ],
)
def test_runner(configured, runner):
    completed = arguments(configured)
    assert [argument for argument in completed if argument.startswith("--runner")] == [runner]
    rest = [argument for argument in configured if not argument.startswith("--runner")]
    assert completed[len(completed) - len(rest) :] == rest


@pytest.mark.parametrize(
    ("configured", "kept"),
    [
        (["--runner=flink"], ["--environment_cache_millis=600000"]),
        (["--runner=flink", "--environment_cache_millis=5"], ["--environment_cache_millis=5"]),
        ([], []),
    ],
)
def test_an_engine_keeps_its_workers_between_stages(configured, kept):
    assert [argument for argument in arguments(configured) if "cache_millis" in argument] == kept


@pytest.mark.parametrize(
    ("configured", "fault"),
    [
        (["--runner=Flunk"], "--runner must be one of .*FlinkRunner.*; got 'Flunk'"),
        (["--runner=FlinkRunner", "--flink_version=2.0"], "argument --flink_version: invalid choice: '2.0'"),
        (["--direct_num_workers=two"], "argument --direct_num_workers: invalid int value: 'two'"),
        (["--runner=DataflowRunner"], "Dataflow's workers see no folder of this machine"),
    ],
)
def test_arguments_that_beam_does_not_take_are_refused_before_anything_runs(configured, fault):
    with pytest.raises(UserError, match=f"^beam: {fault}"):
        check(configured)


@pytest.mark.parametrize(
    ("configured", "images"),
    [
        ([], ["--sdk_container_image=unused"]),
        (["--runner=DataflowRunner", "--sdk_container_image=mine:1"], ["--sdk_container_image=mine:1"]),
    ],
)
def test_image(configured, images):
    assert [argument for argument in arguments(configured) if "image" in argument] == images


def test_a_job_server_must_answer():
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
        configured = [
            "--runner=PortableRunner",
            "--environment_type=LOOPBACK",
            f"--job_endpoint=localhost:{port}",
        ]
        check(configured)
    with pytest.raises(UserError, match=f"beam: no job server answers at localhost:{port} "):
        check(configured)
    with pytest.raises(UserError, match="no job server answers at localhost:eight"):
        check(["--job_endpoint=localhost:eight"])
    check(["--runner=PortableRunner", "--environment_type=LOOPBACK", "--job_endpoint=embed"])


@pytest.mark.parametrize("environment", [[], ["--environment_type=DOCKER"]])
def test_workers_in_containers_need_an_image(environment):
    configured = ["--runner=FlinkRunner", *environment]
    with pytest.raises(UserError, match="beam: the workers of FlinkRunner need the image"):
        check(configured)
    check([*configured, "--sdk_container_image=registry.example/schedules:1"])


def test_arguments_on_this_machine_need_nothing():
    check([])
    check(["--runner=DirectRunner", "--direct_running_mode=multi_processing"])
