"""Cancels jobs on a Flink cluster: Beam's job server forgets a job that it is told to cancel, and Flink runs it on."""

import json
import time
import urllib.request
import uuid

from apache_beam.options import pipeline_options
from apache_beam.runners.portability import flink_runner

_RUNNING = ("INITIALIZING", "CREATED", "RUNNING", "RESTARTING", "RECONCILING", "FAILING")


class Cluster:
    """A Flink cluster, and the one job that it is given.

    Args:
        address: Address of the cluster's REST interface, such as `http://flink:8081`.
        job: Name of the job, which no other has.
    """

    def __init__(self, address: str, job: str) -> None:
        self._address, self._job = address.rstrip("/"), job

    def cancel(self, wait_s: float) -> None:
        """Cancels the job, unless it has ended.

        Args:
            wait_s: Seconds to wait for a job that is not there yet.

        Raises:
            OSError: The cluster does not answer.
        """
        end = time.monotonic() + wait_s
        while True:
            mine = [job for job in self._ask("GET", "/jobs/overview")["jobs"] if job["name"] == self._job]
            for job in mine:
                if job["state"] in _RUNNING:
                    self._ask("PATCH", f"/jobs/{job['jid']}?mode=cancel")
            if mine or time.monotonic() > end:
                return
            time.sleep(0.5)

    def _ask(self, method: str, path: str) -> dict:
        request = urllib.request.Request(self._address + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def named(options: pipeline_options.PipelineOptions) -> Cluster | None:
    """Gives the job that is about to be submitted a name of its own.

    Args:
        options: Options of the job.

    Returns:
        The cluster of `--flink_master`; None without one.
    """
    master = options.view_as(pipeline_options.FlinkRunnerOptions).flink_master
    if not master or master in (*flink_runner.MAGIC_HOST_NAMES, "[collection]"):
        return None
    cloud = options.view_as(pipeline_options.GoogleCloudOptions)  # where Beam keeps the name for every runner
    cloud.job_name = f"{cloud.job_name or 'reactive-schedules'}-{uuid.uuid4().hex[:8]}"
    return Cluster(flink_runner.FlinkRunner.add_http_scheme(master), cloud.job_name)
