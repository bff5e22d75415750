"""The Pusher component."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.pusher import executor


class PusherSpec(ComponentSpec):
    """Inputs, outputs and parameters of `Pusher`."""

    PARAMETERS = {
        "serving_dir": ExecutionParameter(type=str),
        "keep": ExecutionParameter(type=int),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
    }
    OUTPUTS = {"pushed_model": ChannelParameter(type=standard_artifacts.PushedModel)}


class Pusher(base_component.BaseComponent):
    """Pushes a blessed model as TFX's Pusher does, but so that a watcher never sees a part of it.

    Beside the model lie `assets.extra/evaluation.json` and `assets.extra/lineage.json`.

    Outputs:
        pushed_model: a copy of the model, empty if it was not pushed. Custom properties as of TFX's Pusher
            (`pushed`, `pushed_destination`, `pushed_version`), and `reason` where a blessed model was not.
    """

    SPEC_CLASS = PusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        model: BaseChannel,
        model_blessing: BaseChannel,
        serving_dir: str = "",
        keep: int = 5,
        evaluation: BaseChannel | None = None,
    ) -> None:
        """Wires the component.

        Args:
            model: of the Trainer.
            model_blessing: of the Evaluator.
            serving_dir: folder of the versions, see `components.model_store.serving`, on a file system where it can be
                renamed in; empty leaves the model in the artifact alone.
            keep: so many versions stay, the newest; at least 2, to have one to roll back to.
            evaluation: of the Evaluator.
        """
        if keep < 2:
            raise ValueError(f"keep must be at least 2, for one to roll back to; got {keep}")
        if "://" in serving_dir:
            raise ValueError(
                f"serving_dir must be a folder, as object stores cannot rename one; mount {serving_dir}"
            )
        super().__init__(
            PusherSpec(
                model=model,
                model_blessing=model_blessing,
                evaluation=evaluation,
                serving_dir=serving_dir,
                keep=keep,
                pushed_model=Channel(type=standard_artifacts.PushedModel),
            )
        )
