"""The default `preprocessing_fn`, for tables and for images as flat numbers or as bytes.

Produces few, wide features, because reading and feeding a feature costs the same at any width:

- `numeric_xf`: all numbers and the parts of all dates side by side, standardised; then the numbers again, scaled by
  their quantiles, so that no outlier hides how the others differ; missing values, NaN and infinities become 0, the
  mean; then an indicator of gaps, 0 or 1, for the columns that ask for it,
- one `<name>_xf` per image (standardised), per column of categories (index into its vocabulary; one more stands for
  all other values, another one for missing ones), per free text (TF-IDF of its words) and per list (zeros and ones),
- `label_xf`.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf

from components.errors import WEIGHTS, DataError
from components.features import LABEL, NUMERIC, WEIGHT, transformed_name
from components.formats.recognition.profile import MOST_LEVELS
from components.transform import analyzers, dates, images, words
from components.transform.raw_columns import RawColumn, as_text, dense, side_by_side, width

TERMS = 2000
"""Most frequent words and pairs of words of a free text that count. With all of them, a row takes 8 kB."""

MOST_RANKED = 500
"""Numbers up to which each is scaled by its quantiles, too; for more, a row would take much space."""

PARTS = 256
"""Most frequent values of a column of lists that get a place each; all others share one."""


def preprocessing_fn(inputs: dict[str, RawColumn], custom_config: dict[str, Any]) -> dict[str, tf.Tensor]:
    """Turns raw features into model inputs.

    Args:
        inputs: Raw features by name, see `RawColumn`.
        custom_config: Values of `label` (name), `task`, `classes` (in order), `shapes` (image feature name to
            [height, width, channels]), `categorical` (numeric columns to treat as text), `ignore` (columns). It may
            have `dates` (column to format, see `components.formats.cells.dates`), `texts` (columns of free text),
            `lists` (column to what separates values; "" for several values per row), `gaps` (numbers and dates whose
            gaps get an indicator), and `weight` (column with the weight of each row, or None).

    Returns:
        Features described in this module's docstring. `label_xf` is an int64 class index of shape (batch, 1),
        or the float32 label itself for regression, or float32 zeros and ones of shape (batch, classes) for several
        labels per row. `weight_xf` is the float32 weight, if there is one.
    """
    label = custom_config["label"]
    formats, lists = custom_config.get("dates", {}), custom_config.get("lists", {})
    outputs: dict[str, tf.Tensor] = {}
    weight = custom_config.get("weight")
    kinds: dict[str, dict[str, RawColumn]] = {
        kind: {} for kind in ("number", "date", "category", "text", "list")
    }
    for name in sorted(set(inputs) - {label, weight} - set(custom_config["ignore"])):
        value = inputs[name]
        if name in custom_config["shapes"]:
            pixels = images.pixels(value, custom_config["shapes"][name])
            outputs[transformed_name(name)] = analyzers.scale_to_z_score(pixels)
            continue
        if name in formats:
            kind = "date"
        elif name in custom_config.get("texts", ()):
            kind = "text"
        elif name in lists:
            kind = "list"
        elif value.dtype == tf.string or name in custom_config["categorical"]:
            kind = "category"
        else:
            kind = "number"
        kinds[kind][name] = value
    if kinds["number"] or kinds["date"]:
        outputs[NUMERIC] = _numeric(kinds["number"], kinds["date"], formats, custom_config.get("gaps", ()))
    if categories := kinds["category"]:
        columns = list(categories.values())
        found = analyzers.compute_and_apply_vocabularies(
            side_by_side(columns, as_text, ""),
            [width(column) for column in columns],
            MOST_LEVELS,
            gaps=True,
            columns=list(categories),
        )
        outputs.update(zip(map(transformed_name, categories), found, strict=True))
    if texts := kinds["text"]:
        found = analyzers.tf_idf(words.words(list(texts.values())), TERMS)
        outputs.update(zip(map(transformed_name, texts), found, strict=True))
    if several := kinds["list"]:
        outputs.update(_lists(several, lists))
    return {**outputs, **_targets(inputs, label, weight, custom_config)}


def _lists(columns: Mapping[str, RawColumn], separators: Mapping[str, str]) -> dict[str, tf.Tensor]:
    """Lists as zeros and ones; those with the same separator are taken apart together."""
    groups: dict[str, list[str]] = {}
    for name in columns:
        groups.setdefault(separators[name], []).append(name)
    parts = {
        name: part
        for separator, names in groups.items()
        for name, part in zip(names, words.parts([columns[name] for name in names], separator), strict=True)
    }
    return dict(
        zip(map(transformed_name, parts), analyzers.multi_hot(list(parts.values()), PARTS), strict=True)
    )


def _targets(
    inputs: Mapping[str, RawColumn], label: str, weight: str | None, config: dict[str, Any]
) -> dict[str, tf.Tensor]:
    """Label and weight, which rows to predict do not have."""
    found = {}
    if label in inputs:
        found[LABEL] = _label(inputs[label], config)
    if weight in inputs:
        found[WEIGHT] = _weight(inputs[weight], weight)
    return found


def _numeric(
    numbers: Mapping[str, RawColumn],
    moments: Mapping[str, RawColumn],
    formats: Mapping[str, str],
    gaps: Collection[str],
) -> tf.Tensor:
    """Numbers and features of dates, standardised, and the indicators of gaps."""
    parts, owners, scaled = [], [], []
    if numbers:
        # In float64, because float32 cannot tell apart, for example, the seconds of a year.
        parts.append(side_by_side(list(numbers.values()), lambda value: tf.cast(value, tf.float64), math.nan))
        owners += [name for name, column in numbers.items() for _ in range(width(column))]
        if len(owners) <= MOST_RANKED:
            scaled.append(analyzers.scale_by_quantiles(parts[0]))
    if moments:
        parts.append(dates.features(moments, formats))
        owners += [name if place == 0 else None for name in moments for place in range(len(dates.FEATURES))]
    scaled.insert(0, analyzers.scale_to_z_score(tf.concat(parts, axis=1), elementwise=True))
    values = tf.cast(tf.concat(scaled, axis=1), tf.float32)
    there = tf.math.is_finite(values)  # after the cast, which may overflow
    filled = tf.where(there, values, tf.zeros_like(values))
    indicated = [place for place, name in enumerate(owners) if name in gaps]
    if not indicated:
        return filled
    indicators = tf.cast(~tf.gather(there, indicated, axis=1), tf.float32)
    return tf.concat([filled, indicators], axis=1)


def _weight(value: RawColumn, name: str) -> tf.Tensor:
    if value.dtype == tf.string:
        raise DataError(f"data.weight: {name!r} is text; {WEIGHTS}")
    # A missing weight becomes NaN, which the Trainer refuses.
    return dense(tf.cast(value, tf.float32), math.nan)


def _label(value: RawColumn, config: dict[str, Any]) -> tf.Tensor:
    if config["task"] == "regression":
        return tf.cast(dense(value, 0), tf.float32)
    classes = config["classes"]
    if config["task"] == "multilabel":
        (parts,) = words.parts([value], config["lists"][config["label"]])
        return words.multi_hot(parts, [str(each) for each in classes])
    is_text = isinstance(classes[0], str)
    value = dense(value, "" if is_text else -1)
    if not is_text:
        value = tf.cast(value, tf.int64)
    keys = tf.constant(classes, tf.string if is_text else tf.int64)
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(classes), dtype=tf.int64)), default_value=-1
    )
    return table.lookup(value)
