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
    """Provides the model in production to the Evaluator on every orchestrator; Kubeflow Pipelines has no Resolver.

    Outputs:
        model: The newest pushed model that was not made by the candidate's own configuration; an empty artifact if
            there is no such model. Its custom property `version` is the name of the folder.
    """

    SPEC_CLASS = BaselineSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, serving_dir: str, candidate: str) -> None:
        """Wires the component.

        Args:
            serving_dir: Serving folder of the Pusher; empty if models are not pushed to a folder.
            candidate: Fingerprint of the run's data, code and configuration.
        """
        super().__init__(
            BaselineSpec(
                serving_dir=serving_dir,
                candidate=candidate,
                # Not read by the executor: a new model in production must change the cache key.
                version=executor.production_version(serving_dir, candidate),
                model=Channel(type=standard_artifacts.Model),
            )
        )
