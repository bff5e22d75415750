"""The families of step schedules: each one a small file with its parameters and its formula."""

from typing import Annotated, get_args

from pydantic import Field

from reactive_schedules.families.base import Family
from reactive_schedules.families.constant import ConstantSpec
from reactive_schedules.families.cosine import CosineSpec
from reactive_schedules.families.cosine_restarts import CosineRestartsSpec
from reactive_schedules.families.cyclical import CyclicalSpec
from reactive_schedules.families.exponential import ExponentialSpec
from reactive_schedules.families.inverse_sqrt import InverseSquareRootSpec
from reactive_schedules.families.inverse_time import InverseTimeSpec
from reactive_schedules.families.linear import LinearSpec
from reactive_schedules.families.one_cycle import OneCycleSpec
from reactive_schedules.families.piecewise import PiecewiseSpec
from reactive_schedules.families.polynomial import PolynomialSpec
from reactive_schedules.families.rex import RexSpec
from reactive_schedules.families.sequence import SequenceSpec
from reactive_schedules.families.warmup_stable_decay import WarmupStableDecaySpec

LearningRate = Annotated[
    ConstantSpec
    | LinearSpec
    | ExponentialSpec
    | InverseTimeSpec
    | PiecewiseSpec
    | PolynomialSpec
    | CosineSpec
    | CosineRestartsSpec
    | CyclicalSpec
    | OneCycleSpec
    | WarmupStableDecaySpec
    | InverseSquareRootSpec
    | RexSpec
    | SequenceSpec,
    Field(discriminator="family"),
]
"""Any family, told apart by its key `family`."""

SequenceSpec.model_rebuild(_types_namespace={"LearningRate": LearningRate})

FAMILIES: dict[str, type[Family]] = {
    kind.model_fields["family"].default: kind for kind in get_args(get_args(LearningRate)[0])
}
"""Family by name."""

__all__ = ["FAMILIES", "Family", "LearningRate"]
