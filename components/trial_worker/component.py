"""The TrialWorker component, a pod beside the Tuner's that runs trials."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types.channel import Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec

from components.artifacts import WorkerLog
from components.trial_worker import executor
from components.tuner.component import Tuner, TunerSpec


class TrialWorkerSpec(ComponentSpec):
    """Inputs and parameters of the Tuner, so that both are served from the cache, or neither."""

    PARAMETERS = TunerSpec.PARAMETERS
    INPUTS = TunerSpec.INPUTS
    OUTPUTS = {"log": ChannelParameter(type=WorkerLog)}


class TrialWorker(base_component.BaseComponent):
    """Runs trials for a Tuner of the same run, in a pod of its own.

    It reads its inputs where the Tuner reads them. The environment variable SEARCH_STORE is the URI below which the two
    find each other.

    Outputs:
        log: `worker.log`, what the worker printed. What trials print is in the Tuner's study.
    """

    SPEC_CLASS = TrialWorkerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, tuner: Tuner, number: int) -> None:
        """Wires the component.

        Args:
            tuner: The Tuner whose trials it runs.
            number: Its number, counted from 1.
        """
        super().__init__(
            TrialWorkerSpec(**tuner.spec.inputs, **tuner.spec.exec_properties, log=Channel(type=WorkerLog))
        )
        self.with_id(f"TrialWorker-{number}")
