"""Compiles the pipeline into a package: a pipeline spec 2.1.0 and a Kubernetes platform spec, as YAML.

TFX's compiler writes the spec of components and tasks; this module changes what open-source Kubeflow cannot run
and adds what is missing. The container entry (`pipeline.kubeflow.entry`) is its counterpart.
"""

import json
from pathlib import PurePath
from typing import Any

from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

from components.learning.attempt import ATTEMPTS_DIR
from pipeline.config import environment
from pipeline.config.errors import ConfigError
from pipeline.config.kubeflow import KubeflowSection, Pod
from pipeline.config.uris import scheme
from pipeline.dag import create_components
from pipeline.kubeflow import arguments, buckets, importer, parameters, plain_yaml, pods, trial_pods
from pipeline.kubeflow.plan import Plan
from pipeline.run import beam
from reactive_schedules.errors import did_you_mean

ENTRY = ("python", "-m", "pipeline.kubeflow.entry")

Json = dict[str, Any]


def compile_package(plan: Plan, image: str, pipeline_root: str) -> str:
    """Compiles a package as text; equal arguments give equal text.

    Args:
        plan: Configuration and data.
        image: Image of the containers.
        pipeline_root: URI under which Kubeflow stores artifacts.

    Raises:
        ConfigError: The configuration names a component that the pipeline does not have, the data is in a bucket that
            the pods cannot open, or what becomes an argument would be changed or is too long.
    """
    section = plan.fitted.config.kubeflow
    components = create_components(plan.fitted)
    _check_names(section, [component.id for component in components])
    components += trial_pods.components(plan, components)
    buckets.check(plan.data_path, pipeline_root, section.pod("ExampleGen"))
    trial_pods.check(plan, pipeline_root)
    spec = _tfx_spec(plan, components, image, pipeline_root)
    spec["defaultPipelineRoot"] = pipeline_root
    available = _pipeline_parameters(plan)
    spec["root"]["inputDefinitions"] = {"parameters": available}
    executors, platform = spec["deploymentSpec"]["executors"], {}
    for name, task in sorted(spec["root"]["dag"]["tasks"].items()):
        component = spec["components"][name]
        label = component["executorLabel"]
        container = executors[label]["container"]
        _adapt(plan, task, component, available)
        # TFX's hook runs a driver before the cache check, which KFP does not support; the entry does its work.
        container.pop("lifecycle", None)
        container["args"] = _arguments(name, container["args"], component["inputDefinitions"], pipeline_root)
        pod = trial_pods.over(plan, name, _least(section))
        container.update(pods.container(pod, environment.settings(plan.fitted.config)))
        task.update(pods.retries(pod))
        if extension := pods.platform(pod):
            platform[label] = extension
    if _is_imported(plan):
        importer.add(spec)
    arguments.protect_all(spec)
    documents = [spec]
    if platform:
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": platform}}}})
    return plain_yaml.dump(documents)


def _check_names(section: KubeflowSection, components: list[str]) -> None:
    components = sorted({*components, "Tuner", trial_pods.NAME})  # which --no-tune leaves out
    for name in section.components:
        if name not in components:
            hint = did_you_mean(name, components)
            raise ConfigError(
                f"kubeflow.components.{name}: unknown component; {hint}known components: {', '.join(components)}"
            )


def _tfx_spec(plan: Plan, components: list, image: str, pipeline_root: str) -> Json:
    config = plan.fitted.config
    dag = tfx_pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=pipeline_root,
        components=components,
        enable_cache=True,
        beam_pipeline_args=beam.arguments(config.beam),
    )
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=image, default_commands=list(ENTRY), use_pipeline_spec_2_1=True
        )
    )
    spec = runner.run(dag, write_out=False)["pipelineSpec"]
    for task in spec["root"]["dag"]["tasks"].values():
        task.setdefault("inputs", {})
    return spec


def _pipeline_parameters(plan: Plan) -> Json:
    """Definitions of the pipeline's parameters."""
    training, search = plan.fitted.config.training, plan.fitted.config.search
    available = {
        parameters.DATA_PATH: _text(plan.data_path, "Location of the data; change data_version with it."),
        parameters.DATA_VERSION: _text(
            plan.data_version or None, "Any text that changes when the data does."
        ),
        parameters.EPOCHS: _length(training.epochs),
    }
    trials = getattr(search.options, parameters.TRIALS, None) if search else None
    if trials is not None:  # hyperband derives its own number
        available[parameters.TRIALS] = _whole(trials, "Maximum number of trials of the search.")
    return available


def _length(epochs: int | str) -> Json:
    described = "Maximum number of epochs of a training"
    if isinstance(epochs, str):
        return _text(epochs, f"{described}, or a duration.")
    return _whole(epochs, f"{described}.")


def _text(default: str | None, description: str) -> Json:
    definition = {"parameterType": "STRING", "description": description}
    return definition if default is None else {**definition, "defaultValue": default}


def _whole(default: int, description: str) -> Json:
    return {"parameterType": "NUMBER_INTEGER", "description": description, "defaultValue": default}


def _least(section: KubeflowSection) -> Pod:
    """Settings of every pod: checkpoints go to the workspace, because a retried task runs in a new pod."""
    return Pod(env={ATTEMPTS_DIR: f"{section.workspace}/attempts"}) if section.workspace else Pod()


def _adapt(plan: Plan, task: Json, component: Json, available: Json) -> None:
    """Adapts the inputs of a task."""
    values = task["inputs"].setdefault("parameters", {})
    definitions = component.setdefault("inputDefinitions", {}).setdefault("parameters", {})
    if plan.fitted.config.kubeflow.workspace is None:
        # Without a workspace, no folder outlives the pod: a pushed model exists only as an artifact.
        if "serving_dir" in values:
            values["serving_dir"]["runtimeValue"]["constant"] = ""
    elif any(_is_inside(value, plan.fitted.workspace) for value in values.values()):
        # The cache key does not cover the content of the workspace.
        task["cachingOptions"] = {}
    for name in parameters.needed_by(definitions, available):
        definitions[name] = dict(available[name])
        values[name] = {"componentInputParameter": name}
    if "input_base" in definitions:
        # The pods find the data at data_path, not where this machine read it.
        del definitions["input_base"], values["input_base"]
        if _is_imported(plan):
            importer.feed(task, component)


def _is_inside(value: Json, folder: PurePath) -> bool:
    constant = value.get("runtimeValue", {}).get("constant")
    return isinstance(constant, str) and PurePath(constant).is_relative_to(folder)


def _is_imported(plan: Plan) -> bool:
    return scheme(plan.data_path) is not None


def _arguments(name: str, given: list[str], definitions: Json, pipeline_root: str) -> list[str]:
    """TFX's arguments, with the adapted inputs.

    The root is there for the cache, whose keys have the arguments: artifacts in another bucket cannot be downloaded.
    """
    flag = "--json_serialized_inputs_spec_args"
    position = given.index(flag) + 1
    text = json.dumps(definitions, sort_keys=True)
    own = ["--component", name, "--pipeline_root", pipeline_root]
    return [*own, *given[:position], text, *given[position + 1 :]]
