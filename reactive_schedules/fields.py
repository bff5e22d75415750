"""The types of a spec's fields, and the base class of its sections."""

import contextlib
from dataclasses import dataclass
from math import inf, isnan
from numbers import Integral, Real
from typing import TYPE_CHECKING, Annotated, Any, Self, dataclass_transform

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from reactive_schedules.errors import did_you_mean, fault, spec_error
from reactive_schedules.numerals import DECIMAL


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class _Frozen(type(BaseModel)):
    """Tells type checkers what `model_config` tells pydantic: a `SpecModel` is frozen."""


class SpecModel(BaseModel, metaclass=_Frozen):
    """A section of a spec: a pydantic model that is immutable and refuses unknown keys.

    The constructor and `parse` raise `SpecError`, a ValueError with one line per fault.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    if not TYPE_CHECKING:  # type checkers derive a constructor with the fields as its parameters

        def __init__(self, /, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise spec_error(error, data) from None

        # As in pydantic's RootModel: nested models are validated without calling this constructor.
        __init__.__pydantic_base_init__ = True

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Validates a mapping.

        Raises:
            SpecError: A key is missing, unknown or invalid. Has one line per key.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise spec_error(error, data) from None

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    hint = did_you_mean(str(key), cls.model_fields)
                    raise fault(str(key), f"unknown key; {hint}known keys: {', '.join(cls.model_fields)}")
        return data


@dataclass(frozen=True)
class Interval:
    """Restricts a field to an interval, written as in mathematics: `Annotated[float, Interval("(0, 1]")]`.

    NaN is never inside. A `float` field also accepts a number as text, because YAML 1.1 reads `1e-3` as text; an `int`
    field accepts integers only.
    """

    text: str

    @property
    def ends(self) -> tuple[float, float]:
        """The lower and the upper end; either may be infinite."""
        low, high = self.text[1:-1].split(",")
        return float(low), float(high)

    def __contains__(self, value: float) -> bool:
        low, high = self.ends
        above = value >= low if self.text[0] == "[" else value > low
        below = value <= high if self.text[-1] == "]" else value < high
        return above and below and not isnan(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        check = self._integer if source is int else self.number
        return core_schema.no_info_before_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        plain = dict(handler(schema))
        number = int if plain["type"] == "integer" else float
        low, high = self.ends
        if low > -inf:
            plain["minimum" if self.text[0] == "[" else "exclusiveMinimum"] = number(low)
        if high < inf:
            plain["maximum" if self.text[-1] == "]" else "exclusiveMaximum"] = number(high)
        return plain

    def number(self, value: Any) -> float:
        """The number, which may be text.

        Raises:
            ValueError: It is no number in the interval.
        """
        number = isinstance(value, Real) and not isinstance(value, bool)
        if number or (isinstance(value, str) and DECIMAL.fullmatch(value.strip())):
            with contextlib.suppress(OverflowError):
                if float(value) in self:
                    return float(value)
        raise ValueError(f"must be a number in {self.text}; got {value!r}")

    def _integer(self, value: Any) -> int:
        if isinstance(value, Integral) and not isinstance(value, bool) and int(value) in self:
            return int(value)
        raise ValueError(f"must be an integer in {self.text}; got {value!r}")


Count = Annotated[int, Interval("[1, 1000000000]")]
"""A number of things of which there is at least one, such as the examples of a batch."""

CountFrom0 = Annotated[int, Interval("[0, 1000000000]")]
"""A number of things of which there may be none."""

Epochs = Annotated[int, Interval("[1, 1000000]")]
"""A number of epochs."""

Rate = Annotated[float, Interval("(0, inf)")]
"""A learning rate."""

Ratio = Annotated[float, Interval("[0, 1]")]
"""The ratio of a learning rate to a larger one."""
