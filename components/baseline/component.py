"""The Baseline component."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.baseline import executor


class BaselineSpec(ComponentSpec):
    """Outputs and parameters of `Baseline`."""

    PARAMETERS = {
        "serving_dir": ExecutionParameter(type=str),
        "candidate": ExecutionParameter(type=str),
        "version": ExecutionParameter(type=str),
    }
    INPUTS = {}
    OUTPUTS = {"model": ChannelParameter(type=standard_artifacts.Model)}


class Baseline(base_component.BaseComponent):
    """Hands Evaluator the model in production, on every orchestrator (open-source Kubeflow has no Resolver).

    Outputs:
        model: the newest pushed model that the candidate's own configuration did not make; an empty artifact
            when there is none. Its custom property `version` is the folder's name.
    """

    SPEC_CLASS = BaselineSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, serving_dir: str, candidate: str) -> None:
        """Args: `serving_dir` of Pusher; `candidate`, the run's fingerprint (see `production_version`)."""
        super().__init__(
            BaselineSpec(
                serving_dir=serving_dir,
                candidate=candidate,
                # Not read by the executor: it makes a new model in production a new cache key.
                version=executor.production_version(serving_dir, candidate),
                model=Channel(type=standard_artifacts.Model),
            )
        )
