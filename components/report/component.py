"""The Report component."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import Report as ReportArtifact
from components.artifacts import Study, TrainingRecord
from components.report import executor
from components.report.health import Known


class ReportSpec(ComponentSpec):
    """Inputs, outputs and parameters of `Report`."""

    PARAMETERS = {
        "config": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
        "known": ExecutionParameter(type=str),
        "test_split": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "study": ChannelParameter(type=Study, optional=True),
        "training_record": ChannelParameter(type=TrainingRecord),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "baseline_model": ChannelParameter(type=standard_artifacts.Model),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "pushed_model": ChannelParameter(type=standard_artifacts.PushedModel),
    }
    OUTPUTS = {"report": ChannelParameter(type=ReportArtifact)}


class Report(base_component.BaseComponent):
    """Writes a self-contained HTML page about a run from its artifacts.

    Outputs:
        report: The page, `report.html`, and what in the data deserves a look, `health.json`.
    """

    SPEC_CLASS = ReportSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: BaseChannel,
        statistics: BaseChannel,
        schema: BaseChannel,
        anomalies: BaseChannel,
        training_record: BaseChannel,
        model: BaseChannel,
        baseline_model: BaseChannel,
        evaluation: BaseChannel,
        pushed_model: BaseChannel,
        config: str,
        label: str,
        test_split: str,
        known: str = Known().to_json(),
        study: BaseChannel | None = None,
    ) -> None:
        """Wires the component.

        Args:
            examples: Raw examples.
            statistics: Statistics of `examples`, by split.
            schema: Schema of `examples`.
            anomalies: Anomalies of `statistics` against `schema`.
            training_record: Record from the Trainer.
            model: Model from the Trainer.
            baseline_model: Model in production, or an empty artifact.
            evaluation: Evaluation from the Evaluator, with its `metrics.json`.
            pushed_model: Output of the Pusher, whether or not it pushed.
            config: Configuration of the pipeline as JSON; see `components.report.asked`.
            label: `components.features.LabelFeature` as JSON; without classes, it has those that the Trainer noted.
            test_split: Name of the split that is used neither for the search nor for the training.
            known: `components.report.health.Known` as JSON.
            study: Study from the Tuner; None for a run without a search.
        """
        super().__init__(
            ReportSpec(
                examples=examples,
                statistics=statistics,
                schema=schema,
                anomalies=anomalies,
                study=study,
                training_record=training_record,
                model=model,
                baseline_model=baseline_model,
                evaluation=evaluation,
                pushed_model=pushed_model,
                config=config,
                label=label,
                known=known,
                test_split=test_split,
                report=Channel(type=ReportArtifact),
            )
        )
