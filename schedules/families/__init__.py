"""The families of step schedules: each one a small file with its parameters and its formula."""

from typing import Annotated, get_args

from pydantic import Field

from schedules.families.base import Family
from schedules.families.constant import ConstantSpec
from schedules.families.cosine import CosineSpec
from schedules.families.cosine_restarts import CosineRestartsSpec
from schedules.families.cyclical import CyclicalSpec
from schedules.families.exponential import ExponentialSpec
from schedules.families.inverse_sqrt import InverseSquareRootSpec
from schedules.families.inverse_time import InverseTimeSpec
from schedules.families.linear import LinearSpec
from schedules.families.one_cycle import OneCycleSpec
from schedules.families.piecewise import PiecewiseSpec
from schedules.families.polynomial import PolynomialSpec
from schedules.families.rex import RexSpec
from schedules.families.sequence import SequenceSpec
from schedules.families.warmup_stable_decay import WarmupStableDecaySpec

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
