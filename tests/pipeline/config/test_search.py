"""The section `search` of a configuration, whose keys depend on the algorithm."""

import json

import pytest

from pipeline.config import environment
from pipeline.config.load import load
from pipeline.config.search import SearchSection
from reactive_schedules import SpecError
from reactive_schedules.search import registry
from reactive_schedules.search.options import Options
from tests.conftest import ROOT
from tests.pipeline.config.tabular import having

SPACE = {"learning_rate": {"peak": [0.1, 0.2]}}
OPTIONS = {name for each in registry.algorithms().values() for name in each.options.model_fields}

OWN_ALGORITHM = """
from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.options import Options
from reactive_schedules.search.registry import register_algorithm


class FirstOnlyOptions(Options):
    patience: int = 3


@register_algorithm("first_only", FirstOnlyOptions)
def first_only(problem, options):
    return Halving(problem.start[:1], [problem.epochs], problem.until, 1, problem.direction)
"""


def section(algorithm: str, **values) -> SearchSection:
    return SearchSection(algorithm=algorithm, space=SPACE, **values)


def test_keys_of_every_search():
    assert SearchSection.model_fields.keys() == registry.COMMON_KEYS


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_section_is_flat_and_holds_the_options_of_its_algorithm_alone(algorithm):
    written = json.loads(section(algorithm).model_dump_json())
    options = registry.find(algorithm).options().model_dump(mode="json")
    # Where trials run changes no result, so it is no part of what a search is.
    where = {"processes", "pods", "cluster", "tls", "store"}
    assert written.keys() == (registry.COMMON_KEYS - {"options"} - where) | options.keys()
    assert {name: written[name] for name in options} == options
    assert SearchSection(**written) == section(algorithm)


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_an_option_of_another_algorithm_is_refused_even_with_its_default(algorithm):
    fields = registry.find(algorithm).options.model_fields
    for option in OPTIONS - fields.keys():
        having = registry.algorithms_with(option)
        default = registry.find(having[0]).options.model_fields[option].default
        for value in (default, 7):
            with pytest.raises(SpecError) as raised:
                section(algorithm, **{option: value})
            assert str(raised.value).startswith(
                f"{option}: is not an option of {algorithm}; leave it out, or use "
            )
            assert all(name in str(raised.value) for name in having)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"algorithm": "tpe", "trils": 3}, "trils: unknown key; did you mean trials? known keys: algorithm, epochs, "),
        ({"algorithm": "tpe", "trials": "many"}, "trials: must be an integer in [1, 10000]; got 'many'"),
        ({"algorithm": "tpe", "trials": 0, "factor": 1}, "trials: must be an integer in [1, 10000]; got 0"),
        ({"algorithm": "tpe", "trials": 0, "factor": 1}, "factor: must be an integer in [2, 10000]; got 1"),
        ({"algorithm": "grid", "factor": 3}, f"factor: is not an option of grid; leave it out, or use {having('factor')}"),
        ({"parallel": 4}, f"parallel: is not an option of random; leave it out, or use {having('parallel')}"),
        ({"options": {"trials": 3}}, "options: unknown key; known keys: "),
        ({"algorithm": "rando"}, f"algorithm: must be one of {', '.join(map(repr, registry.algorithms()))}; got 'rando'"),
        ({"algorithm": ["tpe"]}, "algorithm: must be one of"),
        ({"algorithm": None}, "algorithm: must be one of"),
        ({"algorithm": "antigravity.fly"}, "algorithm: 'antigravity.fly' is in Python's standard library; name an algorithm of"),
        ({"algorithm": "nowhere.mine"}, "algorithm: 'nowhere.mine': nowhere is not installed"),
    ],
)  # fmt: skip
def test_message_names_key_fault_and_remedy(values, message):
    with pytest.raises(SpecError) as raised:
        SearchSection(space=SPACE, **values)
    assert any(line.startswith(message) for line in str(raised.value).splitlines())


def test_options_have_types():
    options = section("halving", trials=27, min_epochs=3).options
    assert isinstance(options, Options)
    assert options.model_dump().items() >= {"trials": 27, "min_epochs": 3, "factor": 3}.items()


def test_an_algorithm_of_the_users_own_has_its_dotted_path(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_search.py").write_text(OWN_ALGORITHM, encoding="utf-8")
    written = section("own_search.first_only", patience=2).model_dump(mode="json")
    assert (written["algorithm"], written["patience"]) == ("own_search.first_only", 2)
    with pytest.raises(
        SpecError, match="trials: is not an option of own_search.first_only; leave it out, or use"
    ):
        section("own_search.first_only", trials=8)


FILES = {"ca_file": "ca.pem", "cert_file": "cert.pem", "key_file": "key.pem"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"cluster": "tcp://scheduler:8786"},
            "cluster: Dask runs what anyone sends to tcp://scheduler:8786; start the",
        ),
        (
            {"cluster": "tcp://10.0.0.7:8786"},
            "cluster: Dask runs what anyone sends to tcp://10.0.0.7:8786; start the",
        ),
        (
            {"cluster": "tls://scheduler"},
            "cluster: 'tls://scheduler' is not the address of a Dask scheduler; use tls://h",
        ),
        (
            {"cluster": "ucx://a:1"},
            "cluster: 'ucx://a:1' is not the address of a Dask scheduler; use tls://host:port",
        ),
        ({"cluster": "tls://a:99999"}, "cluster: 'tls://a:99999' is not the address of a Dask scheduler"),
        ({"tls": FILES}, "tls: requires a cluster; set search.cluster, too, or leave both out"),
        ({"cluster": "tls://a:1", "tls": {**FILES, "key": "k"}}, "tls.key: "),
        (
            {"store": "/folder"},
            "store: '/folder' is not a URI such as s3://bucket/prefix or file:///shared/folder",
        ),
        (
            {"store": "adl://lake/folder"},
            "store: adl:// needs the package of fsspec for adl; install it here and",
        ),
        ({"store": "s4://bucket"}, "store: fsspec does not know s4://; use s3://, gs:// or file://"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused_in_one_line(values, says):
    with pytest.raises(SpecError) as raised:
        section("random", **values)
    assert str(raised.value).startswith(says)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "cluster", ["tls://scheduler:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:1", "dask.json"]
)
def test_where_trials_run_reaches_the_tuner_as_environment_variables(cluster, tmp_path):
    file = tmp_path / "digits.yaml"
    text = (ROOT / "examples/digits.yaml").read_text(encoding="utf-8")
    lines = f"search:\n  cluster: {cluster!r}\n  tls: {json.dumps(FILES)}\n  store: file:///shared\n"
    file.write_text(text.replace("search:\n", lines), encoding="utf-8")
    found = environment.settings(load(file))
    where = cluster if "://" in cluster else str(tmp_path / cluster)
    assert found["SEARCH_CLUSTER"] == where
    assert json.loads(found["SEARCH_TLS"]) == {key: str(tmp_path / name) for key, name in FILES.items()}
    assert found["SEARCH_STORE"] == "file:///shared"
