"""The replay does what KFP's own driver and launcher did, release by release."""

import pytest

from tests.kubeflow import pod
from tests.kubeflow.recording import OUTCOMES, PACKAGE, RELEASES, ended_as_recorded
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import Run

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")


@pytest.fixture(scope="module", params=RELEASES)
def replayed(request, tmp_path_factory) -> tuple[str, Cluster, Run]:
    cluster = Cluster(tmp_path_factory.mktemp("recorded"), RELEASES[request.param], fail_fast=False)
    return request.param, cluster, cluster.run(PACKAGE, workers=4)


@pytest.mark.parametrize("name", OUTCOMES["2.17.0"])
def test_task_ends_as_it_did(replayed, name):
    release, cluster, run = replayed
    ended_as_recorded(release, cluster, run, name)
