"""The tensors of the signature `rows`, and those of serialised examples."""

import keyword

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from components.features import RawFeature
from components.trainer.raw_features import example_spec, parse_rows, raw_features, rows_spec

FEATURES = {
    "word": RawFeature("string", None, "word"),
    "other word": RawFeature("string", None, "other_word"),
    "number": RawFeature("float32", None, "number"),
    "gap": RawFeature("float32", None, "gap"),
    "count": RawFeature("int64", None, "count"),
    "one": RawFeature("float32", (1,), "one"),
    "name": RawFeature("string", (1,), "name"),
    "other name": RawFeature("string", (1,), "other_name"),
    "image": RawFeature("float32", (2, 2), "image"),
    "tags": RawFeature("string", None, "tags", several=True),
    "codes": RawFeature("int64", None, "codes", several=True),
}


def test_columns_of_any_name_are_arguments_of_a_signature(tmp_path):
    names = ["A", "a", "a b", "A_B", "a_b_", "1st", "_x", "Größe", "=1+1", "self", "rows", *keyword.kwlist]
    schema = schema_pb2.Schema()
    for name in names:
        schema.feature.add(name=name, type=schema_pb2.FLOAT)
    features = raw_features(names, schema)
    served = tf.Module()
    served.rows = tf.function(  # pyright: ignore[reportAttributeAccessIssue]
        lambda rows: {name: rows[name] + 0.0 for name in names}, input_signature=[rows_spec(features)]
    )
    signatures = {"rows": served.rows}  # pyright: ignore[reportAttributeAccessIssue]
    tf.saved_model.save(served, str(tmp_path), signatures=signatures)
    given = {name: tf.constant([float(place)]) for place, name in enumerate(names)}
    inputs = {features[name].rows_input: value for name, value in given.items()}
    assert len(inputs) == len(names)
    found = tf.saved_model.load(str(tmp_path)).signatures["rows"](**inputs)
    assert {name: value.numpy() for name, value in found.items()} == given


def test_rows_become_what_examples_become():
    rows = {
        "word": np.array([b"a", b"", b"c"]),
        "other word": np.array([b"", b"\xff", b"c"]),
        "number": np.array([np.nan, 1.5, np.nan], np.float32),
        "gap": np.full(3, np.nan, np.float32),
        "count": np.array([1, np.nan, -7]),
        "one": np.array([1, 2, 3], np.float32),
        "name": np.array([b"x", b"y", b"z"]),
        "other name": np.array([b"1", b"2", b"3"]),
        "tags": np.array([[b"a", b"", b"b"], [b"", b"", b""], [b"c", b"", b""]]),
        "codes": np.array([[1, np.nan], [np.nan, 3], [-4, 5]]),
        "image": np.arange(12, dtype=np.float32).reshape(3, 2, 2),
    }
    examples = []
    for place in range(3):
        example = tf.train.Example()
        for name, feature in FEATURES.items():
            values = [
                value
                for value in np.ravel(rows[name][place])
                if value not in (b"", np.nan) and value == value
            ]
            into = {"string": "bytes_list", "float32": "float_list", "int64": "int64_list"}[feature.dtype]
            kind = int if feature.dtype == "int64" else np.asarray(values).dtype.type
            getattr(example.features.feature[name], into).value.extend(map(kind, values))
        examples.append(example.SerializeToString())
    expected = tf.io.parse_example(examples, example_spec(FEATURES))
    given = {name: tf.constant(rows[name], spec.dtype) for name, spec in rows_spec(FEATURES).items()}
    found = parse_rows(given, FEATURES)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        for part, wanted in zip(
            tf.nest.flatten(found[name], expand_composites=True),
            tf.nest.flatten(value, expand_composites=True),
            strict=True,
        ):
            assert part.dtype == wanted.dtype, name
            np.testing.assert_array_equal(part, wanted, err_msg=name)


def test_whether_rows_have_several_values_is_known_from_the_schema():
    schema = schema_pb2.Schema()
    single = schema.feature.add(name="single", type=schema_pb2.BYTES)
    single.value_count.min, single.value_count.max = 0, 1
    schema.feature.add(name="tags", type=schema_pb2.BYTES).value_count.min = 1
    schema.feature.add(name="one", type=schema_pb2.INT).shape.dim.add(size=1)
    schema.feature[-1].presence.min_fraction = 1
    found = raw_features(["one", "single", "tags"], schema)
    assert {name: (each.shape, each.several) for name, each in found.items()} == {
        "one": ((1,), False),
        "single": (None, False),
        "tags": (None, True),
    }


@pytest.mark.parametrize(("shape", "most"), [(None, 4), ((1,), 1)])
def test_a_column_costs_few_operations(shape, most):
    def operations(count: int) -> int:
        features = {f"c{place}": RawFeature("float32", shape, f"c{place}") for place in range(count)}

        @tf.function(input_signature=[rows_spec(features)], autograph=False)
        def parse(rows):
            return parse_rows(rows, features)

        graph = parse.get_concrete_function().graph
        return sum(each.type not in ("Placeholder", "Identity") for each in graph.get_operations())

    assert operations(50) - operations(40) <= 10 * (most - 1)
