"""Dates inside a `preprocessing_fn`: the formats of `components.formats.cells.dates`, read by the same expressions.

Few operations: all columns of a format are read at once, and the features of all columns are computed at once.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from components.errors import UserError
from components.formats.cells.calendar import civil, days, full_year, month_length
from components.formats.cells.date_formats import DEFAULTS, EPOCHS, FIELDS, ISO, MONTHS, Pattern, pattern
from components.formats.cells.dates import FIRST, LAST
from components.transform.raw_columns import RawColumn, as_text, side_by_side

_DAY = 86400
_PERIODS = {"month": 12, "day": 31, "weekday": 7, "minute": 1440}
FEATURES = (
    *("year", "month", "day", "weekday", "hour", "elapsed"),
    *(f"{wave} of {part}" for part in _PERIODS for wave in ("sine", "cosine")),
)
"""What `features` returns for each column.

The hour has the minutes as its fraction, the week begins on Monday with 0, and `elapsed` are days since 1970 in UTC.
"""

_STARTS = np.cumsum([0, *_PERIODS.values()])[:-1]
_ANGLES = np.concatenate([2 * math.pi * np.arange(period) / period for period in _PERIODS.values()])
_WAVES = np.stack([np.sin(_ANGLES), np.cos(_ANGLES)], axis=1)
"""A table, because TensorFlow rounds the sine of a number differently from batch to batch."""

_NOTHING = "," * (len(FIELDS) - 1)


class _Moments(NamedTuple):
    """Points in time, in UTC if they have a zone, as int64 of shape (batch, columns).

    Attributes:
        day: Days since 1970.
        second: Seconds since midnight.
        there: Whether there is a date at all.
    """

    day: tf.Tensor
    second: tf.Tensor
    there: tf.Tensor


def features(columns: Mapping[str, RawColumn], formats: Mapping[str, str]) -> tf.Tensor:
    """Returns the `FEATURES` of dates as float64 of shape (batch, columns × features), NaN where there is no date.

    Columns of text may also hold ISO dates, whatever their format. Times with a zone are converted to UTC, so that the
    same moment has the same features however it is written: typed columns do not say where a clock showed it.

    Args:
        columns: Columns with one value per row, by name.
        formats: The format of each column.

    Raises:
        UserError: A column has fractions, but its format counts digits.
    """
    for name, column in columns.items():
        if column.dtype.is_floating and formats[name] not in EPOCHS:
            raise UserError(
                f"data.dates: {name!r} has numbers with a point or an exponent, which are stored as float32; write "
                f"them without for the format {formats[name]}"
            )
    groups: dict[str, list[str]] = {}
    for name in columns:
        groups.setdefault(formats[name], []).append(name)
    parts = [_read([columns[name] for name in names], format) for format, names in groups.items()]
    moments = _Moments(*(tf.concat(part, axis=1) for part in zip(*parts, strict=True)))
    read = [name for names in groups.values() for name in names]
    values = tf.gather(_features(moments), [read.index(name) for name in columns], axis=1)
    return tf.reshape(values, [-1, len(read) * len(FEATURES)])


def _features(moments: _Moments) -> tf.Tensor:
    year, month, day = civil(moments.day)
    weekday = (moments.day + 3) % 7
    elapsed = tf.cast(moments.day * _DAY + moments.second, tf.float64) / _DAY
    hour = tf.cast(moments.second, tf.float64) / 3600
    whole = [tf.cast(part, tf.float64) for part in (year, month, day, weekday)]
    places = tf.stack([month - 1, day - 1, weekday, moments.second // 60], axis=2) + _STARTS
    waves = tf.gather(tf.constant(_WAVES), places)
    waves = tf.reshape(waves, tf.concat([tf.shape(elapsed), [2 * len(_PERIODS)]], axis=0))
    values = tf.concat([tf.stack([*whole, hour, elapsed], axis=2), waves], axis=2)
    return tf.where(moments.there[:, :, tf.newaxis], values, tf.constant(math.nan, tf.float64))


def _read(columns: list[RawColumn], format: str) -> _Moments:
    if format in EPOCHS:
        seconds = side_by_side(columns, _as_number, math.nan) / EPOCHS[format]
        there = (seconds >= FIRST) & (seconds < LAST + 1)  # not where there is none
        whole = tf.cast(tf.floor(tf.where(there, seconds, tf.zeros_like(seconds))), tf.int64)
        return _Moments(whole // _DAY, whole % _DAY, there)
    return _from_text(side_by_side(columns, as_text, ""), pattern(format))


def _as_number(values: tf.Tensor) -> tf.Tensor:
    if values.dtype != tf.string:
        return tf.cast(values, tf.float64)
    is_number = tf.strings.regex_full_match(values, r"[+-]?[0-9]{1,15}(\.[0-9]*)?")
    return tf.strings.to_number(tf.where(is_number, values, "nan"), tf.float64)


def _from_text(cells: tf.Tensor, own: Pattern) -> _Moments:
    is_own = tf.strings.regex_full_match(cells, own.regex)
    lines, there = tf.where(is_own, _fields(cells, own), _NOTHING), is_own
    if own != pattern(ISO):
        is_iso = ~is_own & tf.strings.regex_full_match(cells, pattern(ISO).regex)
        lines, there = tf.where(is_iso, _fields(cells, pattern(ISO)), lines), is_own | is_iso
    field = dict(zip(FIELDS, tf.io.decode_csv(lines, list(_defaults(own).values())), strict=True))
    year, month, day, hour = field["year"], field["month"], field["day"], field["hour"]
    if own.has_short_year:
        year = tf.where(is_own, full_year(year), year)
    if own.has_names:
        month = _month(month)
    if "half" in own.fields:
        is_afternoon = tf.cast(tf.strings.lower(field["half"]) == "p", tf.int64)
        hour = tf.where(is_own, hour % 12 + 12 * is_afternoon, hour)
    ahead = tf.strings.to_number(tf.strings.substr(field["zone"], 1, 2), tf.int64) * 60 + field["zone_minute"]
    zone = tf.where(tf.strings.substr(field["zone"], 0, 1) == "-", -ahead, ahead) * 60
    moment = days(year, month, day) * _DAY + hour * 3600 + field["minute"] * 60 + field["second"] - zone
    is_date = there & (year > 0) & (day <= month_length(year, month))
    return _Moments(moment // _DAY, moment % _DAY, is_date)


def _defaults(pattern: Pattern) -> dict[str, list[str] | tf.Tensor]:
    """What each field is where a cell does not have it, as `tf.io.decode_csv` takes it."""
    numbers = {name: tf.constant([DEFAULTS.get(name, 0)], tf.int64) for name in FIELDS}
    names = {"month": ["jan"]} if pattern.has_names else {}
    return {**numbers, **names, "half": [""], "zone": ["+00"]}


def _month(texts: tf.Tensor) -> tf.Tensor:
    """Months from their names or numbers."""
    is_number = tf.strings.regex_full_match(texts, "[0-9]+")
    names = tf.strings.substr(tf.strings.lower(texts), 0, 3)[..., tf.newaxis] == tf.constant(MONTHS)
    number = tf.strings.to_number(tf.where(is_number, texts, "0"), tf.int64)
    return tf.where(is_number, number, tf.argmax(tf.cast(names, tf.int32), axis=-1) + 1)


def _fields(cells: tf.Tensor, pattern: Pattern) -> tf.Tensor:
    """Rewrites cells as the `FIELDS` of a line of CSV; others stay as they are."""
    groups = {name: place for place, name in enumerate(pattern.fields, 1)}
    line = ",".join(rf"\{groups[name]}" if name in groups else "" for name in FIELDS)
    return tf.strings.regex_replace(cells, pattern.regex, line, replace_global=False)
