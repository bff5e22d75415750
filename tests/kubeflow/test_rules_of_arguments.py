"""How the replay reads a package and starts its tasks, with packages of shell commands."""

import json

import pytest
import yaml

from tests.kubeflow import pod
from tests.kubeflow.driver import DriverError
from tests.kubeflow.kubernetes import TooLong
from tests.kubeflow.package import Refused
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import KFP_2_4
from tests.kubeflow.shell import container, one, package, takes

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (package({"snake_case": {"executor": container("true")}}), "Argo takes no such name"),
        (package({"only": {"executor": {"resolver": {}}}}), "resolver not implemented"),
        (package({"only": {"executor": container("true"), "task": takes("other")}}), "unknown producer task"),
        (package({}, schemaVersion="2.0.0"), "schema version '2.0.0'"),
        (package({}, pipelineInfo={"name": "My_Data"}), "pipelineInfo.name 'My_Data'"),
        (package({}, unknown={}), "unknown"),
    ],
)
def test_package_that_kubeflow_does_not_take(tmp_path, text, message):
    with pytest.raises(Refused, match=message):
        Cluster(tmp_path).run(text)


@pytest.mark.parametrize(
    ("type_", "value", "error"),
    [
        ("NUMBER_INTEGER", 3, ""),
        ("NUMBER_INTEGER", "3", "type mismatch: expect NUMBER_INTEGER, got string_value"),
        ("BOOLEAN", 1, "type mismatch: expect BOOLEAN, got number_value"),
        ("STRING", 3, ""),  # becomes text
        ("STRING", None, "neither value nor default"),
    ],
)
def test_parameters_have_the_type_of_the_component(tmp_path, type_, value, error):
    inputs = {"parameters": {"x": {"runtimeValue": {"constant": value}}}} if value is not None else {}
    text = one("true", definitions={"parameters": {"x": {"parameterType": type_}}}, task={"inputs": inputs})
    assert error in Cluster(tmp_path).run(text).failure()
    assert bool(Cluster(tmp_path / "again").run(text).failure()) == bool(error)


def test_parameters_of_the_run(tmp_path):
    definitions = {"parameters": {"x": {"parameterType": "STRING"}}}
    task = {
        "executor": container("echo \"{{$.inputs.parameters['x']}}\""),
        "definitions": definitions,
        "task": {"inputs": {"parameters": {"x": {"componentInputParameter": "y"}}}},
    }
    dag = yaml.safe_load(package({"only": task}))
    dag["root"]["inputDefinitions"] = {"parameters": {"y": {"parameterType": "STRING", "defaultValue": "a"}}}
    cluster = Cluster(tmp_path)
    for given, printed in [({}, "a\n"), ({"y": "b"}, "b\n")]:
        assert (cluster.run(yaml.safe_dump(dag), given).logs / "only-0.log").read_text() == printed
    with pytest.raises(DriverError, match="unknown input parameter 'z'"):
        cluster.run(yaml.safe_dump(dag), {"z": "c"})


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("inputs.artifacts['first'].artifacts[0].metadata['good'] == 1.0", "Succeeded"),
        ("!(inputs.artifacts['first'].artifacts[0].metadata['good'] == 1.0)", "Skipped"),
        ("(inputs.artifacts['first'].artifacts[0].metadata['good'] > 2.0) || (1.0 < 2.0)", "Succeeded"),
        ("inputs.artifacts['first'].artifacts[0].metadata['good'] == '1'", "Failed"),
    ],
)
def test_conditions(tmp_path, condition, state):
    output = json.dumps({"artifacts": {"out": {"artifacts": [{"metadata": {"good": True}}]}}})
    text = package(
        {
            "first": {"executor": container('echo "$0" > /tmp/kfp_outputs/output_metadata.json', output)},
            "second": {
                "executor": container("true"),
                "task": {**takes("first"), "triggerPolicy": {"condition": condition}},
            },
            "third": {"executor": container("true"), "task": takes("second")},
        }
    )
    tasks = Cluster(tmp_path, KFP_2_4).run(text).tasks
    assert tasks["second"].state == state
    assert tasks["third"].state == ("Succeeded" if state == "Succeeded" else "Omitted")


def test_arguments_are_expanded_in_the_driver_s_pod_and_in_the_task_s(tmp_path):
    definitions = {"parameters": {"x": {"parameterType": "STRING"}}}
    constant = {"parameters": {"x": {"runtimeValue": {"constant": "$ $$ $$$$ $(KFP_POD_NAME) $(HOME)"}}}}
    task = {
        "executor": container('echo "$0"', "{{$.inputs.parameters['x']}} $$$$(A) $(A)", env=[{"name": "A", "value": "$$$$"}]),
        "definitions": definitions,
        "task": {"inputs": constant},
    }  # fmt: skip
    run = Cluster(tmp_path).run(package({"only": task}))
    assert (run.logs / "only-0.log").read_text() == "$ $ $ only-driver $(HOME) $(A) $$\n"


@pytest.mark.parametrize(("length", "fails"), [(100_000, False), (140_000, True)])
def test_an_argument_has_at_most_128_kib(tmp_path, length, fails):
    text = one("true", task={"inputs": {"parameters": {"x": {"runtimeValue": {"constant": "x" * length}}}}})
    if fails:
        with pytest.raises(TooLong, match="Argument list too long"):
            Cluster(tmp_path).run(text)
    else:
        assert Cluster(tmp_path).run(text).failure() == ""


def test_environment_is_that_of_the_package_and_its_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THE_TEST", "leaked")
    secret = {
        "secretName": "s3",
        "secretNameParameter": {"runtimeValue": {"constant": "s3"}},
        "keyToEnv": [{"secretKey": "key", "envVar": "SECRET"}],
    }
    executor = container('echo "$PLAIN $SECRET $OF_THE_TEST"', env=[{"name": "PLAIN", "value": "a"}])
    text = package({"only": {"executor": executor}}, platform={"exec-only": {"secretAsEnv": [secret]}})
    run = Cluster(tmp_path, secrets={"s3": {"key": "b"}}).run(text)
    assert (run.logs / "only-0.log").read_text() == "a b \n"
    assert "secret 's3' not found" in Cluster(tmp_path / "other").run(text).failure()
