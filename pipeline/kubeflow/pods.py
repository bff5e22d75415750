"""Kubernetes settings of a pod: resources and variables for the pipeline spec, the rest for the platform spec."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2 as platform_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from pipeline.config.kubeflow import Pod

_FOR_EVER = 10 * 365 * 86_400
"""Seconds from the start of the first attempt until there are no more retries; without them, there would be none."""

_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def container(pod: Pod, settings: Mapping[str, str]) -> dict[str, Any]:
    """`resources` and `env` of a PipelineContainerSpec, as JSON.

    Args:
        pod: Settings of the pod.
        settings: Environment variables for all pods.
    """
    resources = spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec()
    # KFP before 2.4 reads numbers, later releases text that may be a placeholder; its SDK writes both.
    if pod.cpu is not None:
        resources.cpu_limit = resources.cpu_request = _cores(pod.cpu)
        resources.resource_cpu_limit = resources.resource_cpu_request = pod.cpu
    if pod.memory is not None:
        resources.memory_limit = resources.memory_request = _gigabytes(pod.memory)
        resources.resource_memory_limit = resources.resource_memory_request = pod.memory
    if pod.gpu:
        resources.accelerator.type = resources.accelerator.resource_type = pod.gpu_type
        resources.accelerator.count = pod.gpu
        resources.accelerator.resource_count = str(pod.gpu)
    parts = {
        "resources": json_format.MessageToDict(resources),
        "env": [{"name": name, "value": value} for name, value in sorted({**settings, **pod.env}.items())],
    }
    return {key: value for key, value in parts.items() if value}


def platform(pod: Pod) -> dict[str, Any]:
    """A KubernetesExecutorConfig of kfp-kubernetes, as JSON."""
    message = platform_pb2.KubernetesExecutorConfig()
    # As in kfp-kubernetes, names are written twice: for KFP before 2.5, and for later releases.
    for secret in pod.secrets:
        if secret.mount is not None:
            added = message.secret_as_volume.add(secret_name=secret.name, mount_path=secret.mount)
        else:
            added = message.secret_as_env.add(secret_name=secret.name)
            for key, variable in sorted(secret.env.items()):
                added.key_to_env.add(secret_key=key, env_var=variable)
        added.secret_name_parameter.runtime_value.constant.string_value = secret.name
    for volume in pod.volumes:
        added = message.pvc_mount.add(constant=volume.claim, mount_path=volume.mount)
        added.pvc_name_parameter.runtime_value.constant.string_value = volume.claim
    for name in pod.image_pull_secrets:
        added = message.image_pull_secret.add(secret_name=name)
        added.secret_name_parameter.runtime_value.constant.string_value = name
    message.node_selector.labels.update(pod.node_selector)
    if pod.gpu:
        # Nodes with GPUs are usually tainted with the resource's name, to keep other pods away.
        message.tolerations.add(key=pod.gpu_type, operator="Exists", effect="NoSchedule")
    context = message.security_context
    context.run_as_non_root = pod.user != 0
    if pod.user is not None:
        context.run_as_user = pod.user
    if pod.group is not None:
        context.run_as_group = pod.group
    return json_format.MessageToDict(message)


def retries(pod: Pod) -> dict[str, Any]:
    """`retryPolicy` of a PipelineTaskSpec, as JSON; empty without retries."""
    if pod.retry is None:
        return {}
    policy = {
        "maxRetryCount": pod.retry.count,
        "backoffDuration": f"{pod.retry.seconds}s",
        "backoffFactor": pod.retry.factor,
        # For Argo, this is a deadline for the whole task, retries included, and not the longest pause.
        "backoffMaxDuration": f"{_FOR_EVER}s",
    }
    return {"retryPolicy": policy}


def _cores(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _gigabytes(text: str) -> float:
    number, unit = text.rstrip("KMGTPEi"), text.lstrip("0123456789")
    return int(number) * (1024 if unit.endswith("i") else 1000) ** _UNITS[unit[0]] / 1000**3
