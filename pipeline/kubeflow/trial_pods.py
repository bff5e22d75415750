"""The pods that run trials beside the Tuner's."""

import os

from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2
from tfx.dsl.components.base.base_component import BaseComponent

from components.tuner.settings import PODS, STORE
from pipeline.config.errors import ConfigError
from pipeline.config.kubeflow import Pod, Retry
from pipeline.config.uris import to_fsspec
from pipeline.kubeflow import buckets
from pipeline.kubeflow.plan import Plan

NAME = "TrialWorker"
"""Name under which `kubeflow.components` has the settings of all of them."""

RETRIES = 10
"""Retries of each by default, because one that fails for good ends the run."""


def components(plan: Plan, others: list[BaseComponent]) -> list[BaseComponent]:
    """The tasks that run trials.

    Args:
        plan: Configuration and data.
        others: The components of the pipeline.
    """
    from components.trial_worker.component import TrialWorker
    from components.tuner.component import Tuner

    tuners = [component for component in others if isinstance(component, Tuner)]
    return [TrialWorker(tuner, number) for tuner in tuners for number in range(1, _count(plan) + 1)]


def over(plan: Plan, task: str, least: Pod) -> Pod:
    """Settings of a task's pod, over those that every pod has."""
    component, *number = task.split("-")
    if number:
        least = Pod(retry=Retry(count=RETRIES)).over(least)
    if _count(plan) and component in (NAME, "Tuner"):
        least = Pod(env={PODS: str(_count(plan))}).over(least)
    return plan.fitted.config.kubeflow.pod(component).over(least)


def check(plan: Plan, pipeline_root: str) -> None:
    """Checks that the pods can open the bucket of the artifacts themselves, through which they find each other.

    Raises:
        ConfigError: A pod lacks a variable.
    """
    if not _count(plan):
        return
    for component in (NAME, "Tuner"):
        pod = plan.fitted.config.kubeflow.pod(component)
        if STORE not in pod.env and (missing := buckets.missing(pipeline_root, pod)):
            raise ConfigError(
                f"search.pods: pods that run trials open {pipeline_root} themselves; set {', '.join(missing)} with env "
                f"and secrets in kubeflow.defaults, or in kubeflow.components.{component}"
            )


def find_store(executor_input: spec_pb2.ExecutorInput) -> None:
    """Sets where the pods of a run's search find each other: below the run's artifacts, or below another URI."""
    if PODS not in os.environ:
        return
    output = next(iter(executor_input.outputs.artifacts.values())).artifacts[0].uri
    root, pipeline, run, *_ = output.rsplit("/", 5)  # then the task, an id, and the output
    os.environ[STORE] = f"{os.environ.get(STORE) or to_fsspec(root)}/{pipeline}/{run}/search"


def _count(plan: Plan) -> int:
    search = plan.fitted.config.search
    return search.pods if search else 0
