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
    """Pushes a blessed model like TFX's Pusher, but atomically: a watcher never sees an incomplete model.

    It adds `assets.extra/evaluation.json` and `assets.extra/lineage.json` to the model.

    Outputs:
        pushed_model: A copy of the model, empty if it was not pushed. Its custom properties are those of TFX's Pusher
            (`pushed`, `pushed_destination`, `pushed_version`), and `reason` if a blessed model was not pushed.
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
            model: Model from the Trainer.
            model_blessing: Blessing from the Evaluator.
            serving_dir: Folder of versions, see `components.model_store.serving`, on a file system that can rename
                folders; empty to push to the artifact only.
            keep: Number of versions to keep, at least 2, so that a rollback is possible.
            evaluation: Evaluation from the Evaluator; None to push without `evaluation.json`.
        """
        if keep < 2:
            raise ValueError(f"keep must be at least 2, so that a rollback is possible; got {keep}")
        if "://" in serving_dir:
            raise ValueError(
                f"serving_dir must be a folder, because object stores cannot rename folders; mount {serving_dir}"
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
