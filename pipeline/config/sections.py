"""The sections of a configuration, each checked on its own."""

import re
from typing import Annotated, Any

from pydantic import field_validator

from components import metrics
from components.evaluator.settings import CONFIDENCE
from pipeline.config.data import DataSection
from pipeline.config.dotted import dotted
from pipeline.config.kubeflow import KubeflowSection
from pipeline.config.search import SearchSection
from pipeline.config.training import TrainingSection
from pipeline.metadata.address import Address
from reactive_schedules.fields import Interval, SpecModel

LONGEST_NAME = 63
"""Characters of the longest name of a pipeline, as in Kubernetes."""


class ModelSection(SpecModel):
    """The user's code: preprocessing and model.

    Attributes:
        build: Dotted path of the function that builds the Keras model.
        preprocessing: Dotted path of the function that turns raw features into model inputs.
        hyperparameters: Hyperparameters to pass to `build`.
        warm_start: Whether training starts from the weights of the model in production, if there is one.
    """

    build: str = "pipeline.models.build_model"
    preprocessing: str = "pipeline.preprocessing.preprocessing_fn"
    hyperparameters: dict[str, Any] = {}
    warm_start: bool = False

    _exists = field_validator("build", "preprocessing")(dotted)


class EvaluationSection(SpecModel):
    """When a model may go into production.

    Attributes:
        metric: Metric that the model is judged by: a name in `components.metrics`, or the dotted path of a function of
            labels, predictions and weights. By default, accuracy, or balanced_accuracy if a class is rare, or rmse.
        threshold: Least value of the metric, or largest where smaller is better; None asks for a better value than
            that of the best constant prediction.
        min_improvement: What a model must be better by than the model in production, in the metric's unit; negative is
            what it may be worse by.
        confidence: Probability with which it must be so.
        slices: Columns to report the metric by.
    """

    metric: str | None = None
    threshold: Annotated[float, Interval("(-inf, inf)")] | None = None
    min_improvement: Annotated[float, Interval("(-inf, inf)")] = 0.0
    confidence: Annotated[float, Interval("[0.5, 0.999]")] = CONFIDENCE
    slices: list[str] = []

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None or metrics.is_own(value):
            return value and dotted(value)
        return metrics.find(value).name


class ServingSection(SpecModel):
    """How many versions to serve.

    Attributes:
        keep: Number of versions to keep, newest first; older ones are removed after a push.
    """

    keep: Annotated[int, Interval("[2, 1000000]")] = 5


class Config(SpecModel):
    """The configuration of a pipeline.

    Attributes:
        name: Name of the pipeline.
        threads: Threads per TensorFlow operation. More are faster for large models, and change the last digits. The
            environment variable TF_NUM_INTRAOP_THREADS takes precedence.
        metadata: Metadata store on a server, such as `mysql://host:3306/database`; by default, a file in the workspace.
        beam: Arguments of the Beam pipelines inside components, as Beam documents them.
    """

    name: str
    data: DataSection
    model: ModelSection = ModelSection()
    training: TrainingSection
    search: SearchSection | None = None
    evaluation: EvaluationSection = EvaluationSection()
    serving: ServingSection = ServingSection()
    threads: Annotated[int, Interval("[1, 1024]")] = 1
    metadata: str | None = None
    beam: list[str] = ["--direct_running_mode=in_memory"]
    kubeflow: KubeflowSection = KubeflowSection()

    @property
    def code(self) -> tuple[str, ...]:
        """Dotted paths of the functions that a model depends on; the one that builds it is the first."""
        return self.model.build, self.model.preprocessing

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch("[a-z][a-z0-9-]*", value):
            raise ValueError(
                f"must be lower-case letters, digits and hyphens, starting with a letter; got {value!r}"
            )
        if len(value) > LONGEST_NAME:
            raise ValueError(f"must have at most {LONGEST_NAME} characters; got {len(value)}")
        return value

    @field_validator("metadata")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return value and str(Address.parse(value))

    @field_validator("beam")
    @classmethod
    def _arguments(cls, value: list[str]) -> list[str]:
        for argument in value:
            if not re.fullmatch(r"--\w+(=.+)?", argument) or argument == "--runner":
                raise ValueError(f"arguments must have the form --name=value; got {argument!r}")
        return value
