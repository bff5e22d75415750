"""Texts become arguments unchanged, or are refused; so are graphs that cannot start, and buckets that cannot be read."""

import json

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.errors import ConfigError
from pipeline.config.kubeflow import Pod
from pipeline.config.load import load
from pipeline.kubeflow import arguments, buckets, plain_yaml
from pipeline.kubeflow.package import compile_package
from pipeline.kubeflow.plan import plan
from tests.conftest import ROOT
from tests.kubeflow import driver, kubernetes
from tests.kubeflow.conftest import IMAGE, PIPELINE_ROOT
from tests.kubeflow.package import Package

POD = {"KFP_POD_NAME": "a", "HOME": "/root", "A": "b"}

HOSTILE = [
    *("$", "$$", "$$$", "$$$$", "$(HOME)", "$$(HOME)", "$(KFP_POD_NAME", "{{$}}", "{{{", "{{workflow.name}}", "}}"),
    *("{{$.inputs.parameters['label']}}", "/kfp-workspace/x", "a'b\"c\\d", "1e3", "größe", "\u2028", "\x7f", "日本", "😀"),
]  # fmt: skip

texts = st.text(st.sampled_from('${}()A"\\/kfp-workspace é\u2028😀\x00'), max_size=30)
values = st.recursive(
    texts | st.integers() | st.none(), lambda each: st.lists(each) | st.dictionaries(texts, each)
)


@given(values)
def test_json_arrives_as_it_was(value):
    for sent in (arguments.protect(json.dumps(value)), arguments.protect(json.dumps([value], indent=1))):
        received = kubernetes.expanded(kubernetes.expanded(sent, POD), POD)
        assert received == sent
        assert json.loads(received) in (value, [value])
    assert "{{" not in sent
    assert "/kfp-workspace" not in sent


def described(classes: list[str]) -> dict:
    data = {"path": "/nowhere/people", "source": None, "label": "price", "shapes": {}, "pattern": "*.csv"}
    volume = {"data": "/data/people", "defaults": {"volumes": [{"claim": "data", "mount": "/data"}]}}
    task = {"task": "classification", "classes": classes}
    return {"data": {**data, **task}, "kubeflow": volume, "evaluation": {"metric": None}}


def compiled(classes: list[str], root: str = PIPELINE_ROOT) -> str:
    return compile_package(plan(load(ROOT / "examples/digits.yaml", described(classes))), IMAGE, root)


def test_hostile_classes_arrive_in_the_pod_of_transform():
    package = Package(compiled(HOSTILE))
    driver.root_parameters(package.spec, {})
    task = kubernetes.passed(package.tasks["Transform"], POD)
    sent = json_format.MessageToDict(task.inputs.parameters["custom_config"])["runtimeValue"]["constant"]
    assert json.loads(kubernetes.expanded(sent, POD))["classes"] == sorted(HOSTILE)
    for name, executor in package.executors.items():
        container = kubernetes.passed(kubernetes.passed(executor, POD), POD)
        assert container == executor, name


def test_go_reads_texts_as_texts():
    texts = ["1e3", "0o17", "1_0", "yes", "y", "~", "null", "plain", "2024-01-01", "", "\u2028"]
    lines = plain_yaml.dump([{"a": texts}]).splitlines()[1:]
    quoted = (
        "'1e3'",
        "'0o17'",
        "'1_0'",
        "'yes'",
        "'y'",
        "'~'",
        "'null'",
        "plain",
        "'2024-01-01'",
        "''",
        '"\\L"',
    )
    assert [line.removeprefix("- ") for line in lines] == [*quoted]


@pytest.mark.parametrize("name", ["kind of thing {:010}", "вид{:02}", "{:020}$$$$", "{:080}"])
def test_a_thousand_classes_start(name):
    classes = [name.format(number) for number in range(1000)]
    package = Package(compiled(classes))
    driver.root_parameters(package.spec, {})
    for task in package.tasks.values():
        kubernetes.passed(task, {})


def test_a_graph_that_cannot_start_is_not_compiled():
    with pytest.raises(ConfigError) as raised:
        compiled([f"{number:0150}" for number in range(1000)])
    assert str(raised.value).startswith("kubeflow: the graph has 1")
    assert (
        "more than the 120,000 that Kubeflow can pass to a run, of which custom_config of Transform has 15"
        in str(raised.value)
    )
    assert str(raised.value).endswith("; use shorter names for the label's classes and the columns")


def test_a_path_that_would_be_expanded_is_not_compiled():
    config = described(["a", "b"])
    config["beam"] = ["--runner=FnApiRunner", "--temp=$(HOME)"]
    with pytest.raises(
        ConfigError, match="an argument of .* contains '\\$\\(', which Kubernetes would expand"
    ):
        compile_package(plan(load(ROOT / "examples/digits.yaml", config)), IMAGE, PIPELINE_ROOT)


def test_another_root_is_another_cache_key():
    def keys(root: str) -> list[str]:
        package = Package(compiled(["a", "b"], root))
        inputs = driver.spec_pb2.ExecutorInput()
        return [driver.cache_key(inputs, each.container, []) for each in package.executors.values()]

    first, second = keys("s3://mlpipeline/v2"), keys("minio://mlpipeline/v3")
    assert len(first) > 5
    assert {*first}.isdisjoint(second)
    assert keys("s3://mlpipeline/v2") == first


KEYS = {"name": "s", "env": {"a": "AWS_ACCESS_KEY_ID", "b": "AWS_SECRET_ACCESS_KEY"}}


@pytest.mark.parametrize(
    ("data", "pod", "missing"),
    [
        ("s3://lake/a", {}, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION"),
        ("s3://lake/a", {"secrets": [KEYS]}, "AWS_REGION"),
        ("s3://lake/a", {"secrets": [KEYS], "env": {"AWS_REGION": "eu"}}, ""),
        ("s3://lake/a", {"env": {"AWS_ROLE_ARN": "r", "AWS_DEFAULT_REGION": "eu"}}, ""),
        ("minio://lake/a", {"secrets": [KEYS], "env": {"AWS_REGION": "eu"}}, "AWS_ENDPOINT_URL"),
        ("minio://mlpipeline/a", {"secrets": [KEYS], "env": {"AWS_REGION": "eu"}}, "AWS_ENDPOINT_URL"),
        ("s3://mlpipeline/a", {}, ""),
        ("gs://lake/a", {}, ""),
        ("/mnt/a", {}, ""),
        ("examples.bundled.digits", {}, ""),
    ],
)
def test_data_in_another_bucket_needs_variables(data, pod, missing):
    settings = Pod.parse(pod)
    if not missing:
        return buckets.check(data, "s3://mlpipeline/root", settings)
    with pytest.raises(
        ConfigError, match=f"^kubeflow.data: {data} is not in the bucket .*; set {missing} with env"
    ):
        buckets.check(data, "s3://mlpipeline/root", settings)
