"""Cluster and store are tried before a run begins."""

import json
import socket

import pytest

from components.errors import UserError
from pipeline.config.search import SearchSection
from pipeline.run import cluster


def section(**values) -> SearchSection:
    return SearchSection(**{"space": {"learning_rate": {"peak": [0.1, 0.2]}}, **values})


def test_a_scheduler_must_answer(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": address}), encoding="utf-8")
    for written in (address, str(file)):
        with pytest.raises(
            UserError, match=f"^search.cluster: no scheduler answers at {address} .*; start it$"
        ):
            cluster.check(section(cluster=written), timeout_s=1)
    cluster.check(section())
    cluster.check(None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory; give tls://host:port, or the path of a scheduler file"),
        ("{}", "not a scheduler file, as dask scheduler writes it"),
        ("[1]", "not a scheduler file, as dask scheduler writes it"),
        ('{"address": "tcp://10.1.2.3:8786"}', "Dask runs what anyone sends to tcp://10.1.2.3:8786; start"),
    ],
)
def test_a_scheduler_file_must_have_an_address_that_is_secure(tmp_path, content, says):
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="^search.cluster: ") as raised:
        cluster.check(section(cluster=str(file)))
    assert says in str(raised.value)


def test_certificates_must_be_there(tmp_path):
    files = {"ca_file": "ca.pem", "cert_file": "cert.pem", "key_file": "key.pem"}
    tls = {key: str(tmp_path / name) for key, name in files.items()}
    search = section(cluster="tls://127.0.0.1:1", tls=tls)
    with pytest.raises(
        UserError, match=r"^search.tls.ca_file: .*ca.pem: No such file or directory; give the path of a"
    ):
        cluster.check(search)
    for name in files.values():
        (tmp_path / name).write_text("no certificate", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"^search.tls: the certificates cannot be used \(.*\); give PEM files"
    ):
        cluster.check(search)


def test_the_store_must_take_an_object(tmp_path):
    cluster.check(section(store=(tmp_path / "store").as_uri()))
    assert not [*(tmp_path / "store").iterdir()]
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="^search.store: file://.* cannot be written "):
        cluster.check(section(store=(tmp_path / "file").as_uri()))
