"""The public names, for type checkers and editors; `__init__.py` loads each on first use."""

from .ahead.forecast import Forecast, Stage, forecast
from .ahead.key_point import KeyPoint
from .ahead.preview import Preview, preview
from .ahead.range_result import RangeTest
from .ahead.range_test import range_test
from .ahead.training_picture import training_picture
from .duration import Duration, Horizon, resolve
from .errors import SpecError
from .families.base import DecayingFamily, DecayingFormula, Family, Formula, WarmedFamily, WarmedFormula
from .families.cycle_scale import cycle_scale
from .families.registry import register_family
from .keras.build import Built, build, build_schedule
from .keras.plateau_decay import PlateauDecay
from .keras.rate_callback import RateCallback
from .keras.scaled import Scaled
from .keras.sequence import Sequence
from .keras.steps import (
    REX,
    Constant,
    Cosine,
    CosineRestarts,
    CosLog,
    Cyclical,
    Exponential,
    FlatCosine,
    InverseSquareRoot,
    InverseTime,
    Linear,
    OneCycle,
    Piecewise,
    Polynomial,
    Power,
    Tanh,
    WarmupStableDecay,
)
from .keras.warmup import Warmup
from .plateau.actions import register_action
from .plateau.decision import Decision
from .plateau.machine import observe, replay
from .plateau.spec import PlateauSpec
from .plateau.state import PlateauState
from .search.kerastuner.oracle import Oracle
from .search.kerastuner.schedule_tuner import ScheduleTuner
from .search.script.tune import tune
from .spec.optimizers import OptimizerSpec, register_optimizer
from .spec.training_spec import TrainingSpec
from .training.checkpoint import CheckpointError
from .training.fit import FitResult, fit
from .training.run import EpochEnd
from .training.source import Source
from .training.validation_metric import ValidationMetric

__all__ = [
    "REX",
    "Built",
    "CheckpointError",
    "Constant",
    "CosLog",
    "Cosine",
    "CosineRestarts",
    "Cyclical",
    "DecayingFamily",
    "DecayingFormula",
    "Decision",
    "Duration",
    "EpochEnd",
    "Exponential",
    "Family",
    "FitResult",
    "FlatCosine",
    "Forecast",
    "Formula",
    "Horizon",
    "InverseSquareRoot",
    "InverseTime",
    "KeyPoint",
    "Linear",
    "OneCycle",
    "OptimizerSpec",
    "Oracle",
    "Piecewise",
    "PlateauDecay",
    "PlateauSpec",
    "PlateauState",
    "Polynomial",
    "Power",
    "Preview",
    "RangeTest",
    "RateCallback",
    "Scaled",
    "ScheduleTuner",
    "Sequence",
    "Source",
    "SpecError",
    "Stage",
    "Tanh",
    "TrainingSpec",
    "ValidationMetric",
    "WarmedFamily",
    "WarmedFormula",
    "Warmup",
    "WarmupStableDecay",
    "__version__",
    "build",
    "build_schedule",
    "cycle_scale",
    "fit",
    "forecast",
    "observe",
    "preview",
    "range_test",
    "register_action",
    "register_family",
    "register_optimizer",
    "replay",
    "resolve",
    "training_picture",
    "tune",
]

__version__: str
