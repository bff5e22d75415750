"""`kubeflow_runner.py compile`, and the content of a package."""

import json
import re

import pytest
import yaml
from click.testing import CliRunner
from google.protobuf import json_format

import kubeflow_runner
from components.example_gen.settings import Settings
from pipeline.config.errors import ConfigError
from pipeline.config.kubeflow import Pod
from pipeline.config.load import load
from pipeline.kubeflow import pods
from pipeline.kubeflow.package import compile_package
from pipeline.kubeflow.plan import plan
from tests.conftest import ROOT
from tests.kubeflow.argo import Retries
from tests.kubeflow.conftest import IMAGE, PIPELINE_ROOT, compile_
from tests.kubeflow.package import Package

DAY = 86_400

DIGITS = ROOT / "examples/digits.yaml"


@pytest.fixture(scope="module")
def package(digits_package) -> Package:
    """As KFP reads it."""
    return Package(digits_package)


@pytest.fixture
def csv(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    rows = "".join(f"{20 + i},{i % 2}\n" for i in range(40))
    (folder / "people.csv").write_text(f"age,bought\n{rows}")
    return folder


def compiled(overrides: dict) -> Package:
    return Package(compile_package(plan(load(DIGITS, overrides)), IMAGE, PIPELINE_ROOT))


def container(package: Package, name: str):
    return package.executors[f"{name}_executor"].container


def argument(package: Package, name: str, flag: str) -> str:
    arguments = list(container(package, name).args)
    return arguments[arguments.index(flag) + 1]


def constants(package: Package, name: str) -> dict:
    found = package.tasks[name].inputs.parameters
    return {
        key: json_format.MessageToDict(value.runtime_value.constant)
        for key, value in found.items()
        if value.WhichOneof("kind") == "runtime_value"
    }


def test_kubeflow_takes_the_package(package):
    from pipeline.dag import create_components

    run = plan(load(DIGITS)).fitted
    assert {*package.tasks} == {component.id for component in create_components(run)}
    assert package.spec.default_pipeline_root == PIPELINE_ROOT
    assert package.spec.pipeline_info.name == "digits"
    for name in package.tasks:
        assert container(package, name).image == IMAGE
        assert list(container(package, name).command) == ["python", "-m", "pipeline.kubeflow.entry"]
        assert not container(package, name).HasField("lifecycle")


def test_compiling_again_gives_the_same_bytes(digits_config, digits_package):
    again = compile_package(plan(load(digits_config)), IMAGE, PIPELINE_ROOT)
    assert again == digits_package


def test_parameters_have_the_configured_values(package):
    definitions = json_format.MessageToDict(package.spec.root.input_definitions)["parameters"]
    assert {name: item.get("defaultValue") for name, item in definitions.items()} == {
        "data_path": "examples.bundled.digits",
        "data_version": plan(load(DIGITS)).fitted.data.fingerprint,
        "epochs": 30,
        "trials": 8,
    }
    taken = {
        name: {key for key, value in task.inputs.parameters.items() if value.component_input_parameter}
        for name, task in package.tasks.items()
    }
    assert taken["ExampleGen"] == {"data_path", "data_version"}
    assert taken["Tuner"] == {"epochs", "trials"}
    assert taken["Trainer"] == taken["Baseline"] == {"data_path", "data_version", "epochs", "trials"}
    assert taken["Transform"] == set()


def test_without_a_search_there_is_no_tuner_to_configure(digits_config):
    package = Package(compile_package(plan(load(digits_config, {"search": None})), IMAGE, PIPELINE_ROOT))
    assert "Tuner" not in package.tasks
    assert "trials" not in package.spec.root.input_definitions.parameters


def test_no_local_path_is_in_the_package(digits_package, tmp_path):
    assert "input_base" not in constants(Package(digits_package), "ExampleGen")
    assert not re.search(r"/tmp/(?!kfp)", digits_package)
    assert str(ROOT) not in digits_package


def test_pods_get_what_is_configured(package):
    trainer = json_format.MessageToDict(container(package, "Trainer"))
    assert trainer["resources"] == {
        "cpuLimit": 2.0,
        "cpuRequest": 2.0,
        "resourceCpuLimit": "2",
        "resourceCpuRequest": "2",
        "memoryLimit": pytest.approx(4.294967296),
        "memoryRequest": pytest.approx(4.294967296),
        "resourceMemoryLimit": "4Gi",
        "resourceMemoryRequest": "4Gi",
        "accelerator": {
            "type": "nvidia.com/gpu",
            "count": "1",
            "resourceType": "nvidia.com/gpu",
            "resourceCount": "1",
        },
    }
    assert {item["name"]: item["value"] for item in trainer["env"]} == {
        "ATTEMPTS_DIR": "/mnt/workspace/attempts",
        "LEVEL": "high",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_NUM_INTRAOP_THREADS": "1",
    }
    assert container(package, "Tuner").resources.resource_memory_limit == "8Gi"
    assert container(package, "SchemaGen").resources.cpu_limit == 0.5


def test_variables_of_a_pod_take_precedence_over_those_of_all_pods():
    settings = {"TF_NUM_INTRAOP_THREADS": "2", "SEARCH_PROCESSES": "3"}
    pod = Pod.parse({"cpu": 3, "env": {"TF_NUM_INTRAOP_THREADS": "7"}})
    env = {item["name"]: item["value"] for item in pods.container(pod, settings)["env"]}
    assert env == {"TF_NUM_INTRAOP_THREADS": "7", "SEARCH_PROCESSES": "3"}


def test_platform_spec_holds_secrets_volumes_and_tolerations(package):
    for name in package.tasks:
        platform = package.platform[f"{name}_executor"]
        (volume,) = platform.pvc_mount
        assert volume.mount_path == "/mnt/workspace"
        assert volume.constant == volume.pvc_name_parameter.runtime_value.constant.string_value == "workspace"
        assert [secret.secret_name for secret in platform.image_pull_secret] == ["registry"]
        assert dict(platform.node_selector.labels) == {"disk": "ssd"}
        (secret,) = platform.secret_as_env
        assert secret.secret_name == "s3-credentials"
        assert [(item.secret_key, item.env_var) for item in secret.key_to_env] == [
            ("accesskey", "AWS_ACCESS_KEY_ID")
        ]
    (mounted,) = package.platform["Tuner_executor"].secret_as_volume
    assert (mounted.secret_name, mounted.mount_path) == ("more", "/secrets")
    (toleration,) = package.platform["Trainer_executor"].tolerations
    assert (toleration.key, toleration.operator) == ("nvidia.com/gpu", "Exists")
    assert not package.platform["Tuner_executor"].tolerations


@pytest.mark.parametrize(
    ("pod", "context"),
    [
        ({}, {"runAsNonRoot": True}),
        ({"user": 1001, "group": 0}, {"runAsNonRoot": True, "runAsUser": "1001", "runAsGroup": "0"}),
        ({"user": 0}, {"runAsNonRoot": False, "runAsUser": "0"}),
    ],
)
def test_pods_fit_the_restricted_profile_unless_they_ask_for_root(pod, context):
    assert pods.platform(Pod.parse(pod))["securityContext"] == context


def test_retries_are_those_of_the_component(package):
    policy = package.tasks["Trainer"].retry_policy
    assert (policy.max_retry_count, policy.backoff_duration.seconds, policy.backoff_factor) == (3, 60, 2.0)
    # However long the training takes, see test_rules_of_retries.
    assert Retries.of(policy).next_start(3, 90 * DAY) == 90 * DAY + 4 * 60
    assert Retries.of(policy).next_start(4, 0) is None
    assert not package.tasks["Tuner"].HasField("retry_policy")


def test_what_looks_into_the_workspace_is_not_cached(package):
    cached = {name for name, task in package.tasks.items() if task.caching_options.enable_cache}
    assert {*package.tasks} - cached >= {"Baseline", "Pusher"}
    assert cached >= {"ExampleGen", "Transform", "Tuner", "Trainer"}
    assert constants(package, "Pusher")["serving_dir"] == "/mnt/workspace/serving"


def test_without_a_workspace_models_stay_in_their_artifacts():
    package = compiled({})
    assert constants(package, "Pusher")["serving_dir"] == constants(package, "Baseline")["serving_dir"] == ""
    assert package.tasks["Pusher"].caching_options.enable_cache


def test_data_in_an_object_store_is_imported(csv):
    data = {"path": csv, "source": None, "label": "bought", "shapes": {}}
    package = compiled(
        {"data": data, "kubeflow": {"data": "minio://mlpipeline/people"}, "evaluation": {"metric": None}}
    )
    task = package.tasks["data"]
    assert task.inputs.parameters["uri"].component_input_parameter == "data_path"
    source = package.tasks["ExampleGen"].inputs.artifacts["data"].task_output_artifact
    assert (source.producer_task, source.output_artifact_key) == ("data", "artifact")
    inputs = json.loads(argument(package, "ExampleGen", "--json_serialized_inputs_spec_args"))
    assert inputs["artifacts"]["data"]["artifactType"]["schemaTitle"] == "system.Dataset"
    assert argument(package, "ExampleGen", "--executor_class_path").endswith(
        "components.example_gen.executor.Executor"
    )


VOLUME = {"data": "/data/people", "defaults": {"volumes": [{"claim": "data", "mount": "/data"}]}}
FAR = {"path": "/nowhere/people", "source": None, "label": "bought", "shapes": {}}
DESCRIBED = {**FAR, "pattern": "*.csv", "task": "classification", "classes": ["no", "yes"]}


def test_data_need_not_be_readable_here():
    package = compiled({"data": DESCRIBED, "kubeflow": VOLUME, "search": None})
    definitions = package.spec.root.input_definitions.parameters
    assert definitions["data_path"].default_value.string_value == "/data/people"
    # The user must tell Kubeflow whether the data is the same as last time.
    assert not definitions["data_version"].HasField("default_value")
    assert "trials" not in definitions
    custom = json.loads(constants(package, "Transform")["custom_config"])
    assert (custom["task"], custom["classes"]) == ("classification", ["no", "yes"])
    assert json.loads(constants(package, "ExampleGen")["input_config"])["splits"][0]["pattern"] == "*.csv"


def test_splits_of_the_user_are_in_the_package():
    files = {"train": "2023/*.csv", "test": "2024/*.csv"}
    data = {**DESCRIBED, "pattern": None, "split": {"files": files}}
    found = constants(compiled({"data": data, "kubeflow": VOLUME, "search": None}), "ExampleGen")
    inputs = json.loads(found["input_config"])["splits"]
    assert {split["name"]: split["pattern"] for split in inputs} == files
    shares = Settings.of(found).split["shares"]
    assert shares == {"train": 14, "eval": 3, "test": 3}
    assert not json.loads(found["output_config"])


def mounted(*volumes: str) -> dict:
    """The section `kubeflow` with volumes: names and places in turn."""
    pairs = zip(volumes[::2], volumes[1::2], strict=True)
    return {"defaults": {"volumes": [{"claim": name, "mount": place} for name, place in pairs]}}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"data": FAR, "kubeflow": VOLUME}, "data.task: choose classification, regression or multilabel, because "),
        ({"data": {**DESCRIBED, "pattern": None}, "kubeflow": VOLUME}, "data.pattern: set the files' pattern"),
        ({"data": {**DESCRIBED, "classes": []}, "kubeflow": VOLUME}, "data.classes: list the label's values"),
        ({"data": DESCRIBED}, "kubeflow.data: is missing; set it to where the pods find the data"),
        ({"kubeflow": {"data": "people"}}, "kubeflow.data: must be an absolute path or a URI"),
        ({"kubeflow": {"data": "/data"}}, "kubeflow.data: /data is not on a volume; mount one"),
        ({"kubeflow": {"workspace": "/mnt/w"}}, "kubeflow.workspace: /mnt/w is not on a volume"),
        ({"kubeflow": {"default": {}}}, "kubeflow.default: unknown key; did you mean defaults?"),
        ({"kubeflow": {"defaults": {"cpu": "two"}}}, "kubeflow.defaults.cpu: must be a number of cores"),
        ({"kubeflow": {"defaults": {"memory": "4"}}}, "kubeflow.defaults.memory: must be a size with a unit"),
        ({"kubeflow": {"components": {"Trainer": {"gpu": -1}}}}, "kubeflow.components.Trainer.gpu: must be an integer"),
        ({"kubeflow": {"defaults": {"secrets": [{"name": "s"}]}}}, "kubeflow.defaults.secrets.0.env: give either env"),
        ({"kubeflow": {"defaults": {"retry": {"count": 0}}}}, "kubeflow.defaults.retry.count: must be an integer"),
        ({"kubeflow": {"defaults": {"retry": {"factor": 1.5}}}}, "kubeflow.defaults.retry.factor: must be an integer"),
        ({"kubeflow": {"defaults": {"retry": {"max_seconds": 9}}}}, "kubeflow.defaults.retry.max_seconds: remove it; Kubeflow counts"),
        ({"kubeflow": {"defaults": {"retry": {"count": 99}}}}, "kubeflow.defaults.retry.count: the last pause would be longer than a day"),
        ({"kubeflow": {"defaults": {"env": {"A": "a$$b"}}}}, "kubeflow.defaults.env.A: must not contain '$$'"),
        ({"kubeflow": mounted("my.claim", "/mnt/a")}, "kubeflow.defaults.volumes.0.claim: must be lower-case letters"),
        ({"kubeflow": mounted("a", "/mnt/$(HOME)")}, "kubeflow.defaults.volumes.0.mount: must be an absolute path, without"),
        ({"kubeflow": mounted("a", "/kfp-workspace/x")}, "/kfp-workspace/x is used by Kubeflow; mount a elsewhere, such as /mnt/a"),
        ({"kubeflow": mounted("a", "/kfp-workspace-2")}, "/kfp-workspace-2 is used by Kubeflow"),
        *(({"kubeflow": mounted("a", place)}, f"{place} is used by Kubeflow") for place in ("/minio", "/s3/x", "/gcs", "/kfp-launcher", "/kfp/log")),
        ({"kubeflow": mounted("a", "/mnt/x/../../s3")}, "/mnt/x/../../s3 must not contain '..'"),
        ({"kubeflow": mounted("a", "/mnt/a", "b", "/mnt/a/b")}, "/mnt/a/b is inside /mnt/a, and would hide files"),
        ({"kubeflow": mounted("a", "/mnt/a", "b", "/mnt/a/")}, "/mnt/a/ is inside /mnt/a"),
        ({"kubeflow": mounted("a", "/mnt/a", "a", "/mnt/b")}, "a is mounted at /mnt/a and /mnt/b; mount it once"),
        ({"kubeflow": {"defaults": {"secrets": [{"name": "a.b", "mount": "/s"}]}}}, "secrets.0.name: must not contain '.'"),
        ({"kubeflow": {"components": {"Trainr": {}}}}, "kubeflow.components.Trainr: unknown component; did you mean Trainer?"),
        ({"beam": ["--runner=FlinkRunner"]}, "beam: workers of a remote runner cannot read"),
        ({"metadata": "mysql://db/runs"}, "metadata: Kubeflow Pipelines keeps its runs in a store of its own"),
    ],
)  # fmt: skip
def test_mistake_is_one_line_that_names_the_key(tmp_path, sections, message):
    document = yaml.safe_load(DIGITS.read_text())
    for name, section in sections.items():
        merged = name == "data" or not isinstance(section, dict)
        document[name] = section if merged else {**document.get(name, {}), **section}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(document))
    result = compile_(path, tmp_path / "p.yaml")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "p.yaml").exists()


@pytest.mark.parametrize("root", ["/tmp/root", "minio://", "http://bucket"])
def test_pipeline_root_is_in_an_object_store(root):
    arguments = ["compile", "--image", "i", "--pipeline-root", root]
    result = CliRunner().invoke(kubeflow_runner.main, arguments)
    assert result.exit_code == 2
    assert "must be a URI with a bucket (minio://, s3://, gs://)" in result.stderr


def test_section_in_the_readme_is_valid(csv):
    text = re.search(r"## On Kubeflow.*?```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    data = {"path": csv, "source": None, "label": "bought", "shapes": {}}
    package = compiled({"data": data, "evaluation": {"metric": None}, **yaml.safe_load(text)})
    assert container(package, "Trainer").resources.accelerator.count == 1


def test_data_in_spans_have_no_version_until_a_run_is_submitted(tmp_path):
    (tmp_path / "day-1").mkdir()
    rows = [f"{row},{'ab'[row % 2]}" for row in range(40)]
    (tmp_path / "day-1/a.csv").write_text("\n".join(["x,label", *rows, ""]), encoding="utf-8")
    data = {"path": tmp_path / "day-{SPAN}", "source": None, "label": "label", "shapes": {}}
    sections = {"data": data, "kubeflow": {**VOLUME, "data": "/data/day-{SPAN}"}}
    found = plan(load(DIGITS, sections))
    assert (found.data_path, found.data_version, found.fitted.data.span.number) == (
        "/data/day-{SPAN}",
        "",
        1,
    )
    with pytest.raises(ConfigError, match="put data in spans on a mounted volume"):
        load(DIGITS, {**sections, "kubeflow": {"data": "s3://lake/day-{SPAN}"}})


def test_presets_are_part_of_the_package(tmp_path):
    output = tmp_path / "pipeline.yaml"
    required = ["compile", "--image", IMAGE, "--pipeline-root", PIPELINE_ROOT, "-o", str(output)]
    done = CliRunner().invoke(
        kubeflow_runner.main, [*required, "--best", "--no-tune"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert done.output.startswith("--best: no search, training.ensemble: 5\n")
    assert constants(Package(output.read_text(encoding="utf-8")), "Trainer")["ensemble"] == 5
    done = CliRunner().invoke(kubeflow_runner.main, [*required, "--best", "--fast"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        2,
        "Error: --fast and --best exclude each other; choose one of them",
    )
