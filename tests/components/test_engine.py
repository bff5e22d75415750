"""What an engine's errors become. The texts are those of Flink 1.19 and Spark 3.5 with Beam's job servers."""

import grpc
import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from components.workers import flink
from components.workers.engine import EngineError, JobFailed, explained

FAILED = "Pipeline BeamApp-root-1128_8aa21ec3 failed in state FAILED: "


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        (
            "java.net.ConnectException: java.net.ConnectException: finishConnect(..) failed: Connection refused",
            EngineError,
            "beam: the engine reaches no worker pool at pool:50000; start `python -m components.workers` next to each "
            "of its workers, or correct --environment_config",
        ),
        (
            "java.io.IOException: Insufficient number of network buffers: required 512, but only 504 available. The "
            "total number of network buffers is currently set to 4096 of 32768 bytes each.",
            EngineError,
            "beam: Flink has too little network memory; increase taskmanager.memory.network.min and .max of its task "
            "managers (512 MB are enough for 16 slots), or lower --parallelism",
        ),
        (
            "java.lang.RuntimeException: WorkerNotStarted: before it was ready, a Beam worker process ended with exit "
            "code 1: ModuleNotFoundError: No module named 'nowhere'",
            EngineError,
            "beam: a worker cannot start: before it was ready, a Beam worker process ended with exit code 1: "
            "ModuleNotFoundError: No module named 'nowhere'",
        ),
        (
            "TimeoutException: Waited 3 minutes (plus 479992 nanoseconds delay) for SettableFuture@73317d81[status="
            "PENDING]",
            EngineError,
            "beam: a worker was lost; see whether its pool at pool:50000 runs, what it printed, and whether the machine "
            "has enough memory",
        ),
        *(
            (
                f"StatusRuntimeException: {said}",
                EngineError,
                "beam: a worker was lost; see whether its pool at pool:50000 runs, what it printed, and whether the "
                "machine has enough memory",
            )
            for said in ("UNAVAILABLE: Network closed for unknown reason", "CANCELLED: client cancelled")
        ),
        (
            "java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id 078bd645 timed out.",
            JobFailed,
            "java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id 078bd645 timed out.",
        ),
    ],
)
def test_an_error_of_the_engine_is_told_with_its_remedy(said, kind, told):
    error = explained(RuntimeError(FAILED + said), "pool:50000", "server:8099")
    assert (type(error), str(error)) == (kind, told)


def test_a_lost_job_server_is_named():
    with grpc.insecure_channel("127.0.0.1:1") as channel, pytest.raises(grpc.RpcError) as lost:
        channel.unary_unary("/nobody/there")(b"")
    error = explained(lost.value, "pool:50000", "server:8099")
    assert isinstance(error, JobFailed)
    assert str(error).startswith("the job server at server:8099 was lost: failed to connect to all addresses")


@pytest.mark.parametrize(
    ("arguments", "is_named"),
    [
        ([], False),
        (["--flink_master=[local]"], False),
        (["--flink_master=flink:8081"], True),
        (["--flink_master=https://flink", "--job_name=digits"], True),
    ],
)
def test_a_job_for_a_cluster_has_a_name_of_its_own(arguments, is_named):
    both = [PipelineOptions(arguments) for _ in range(2)]
    assert [flink.named(options) is not None for options in both] == [is_named] * 2
    names = {options.view_as(GoogleCloudOptions).job_name for options in both}
    assert len(names) == 1 + is_named
    if "--job_name=digits" in arguments:
        assert all(name.startswith("digits-") for name in names)
