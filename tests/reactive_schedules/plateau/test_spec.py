import json
import math

import pytest

from reactive_schedules.errors import SpecError
from reactive_schedules.plateau.actions import ACTIONS
from reactive_schedules.plateau.spec import PlateauSpec, fields_by_action


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"patience": 0},
            r"^patience: must be an integer in \[1, 1000000000\], or a duration such as 300st; got 0$",
        ),
        ({"factor": 1.0}, r"^factor: must be a number in \(0, 1\); got 1.0$"),
        ({"growth": 1.0}, r"^growth: must be a number in \(1, inf\); got 1.0$"),
        ({"min_delta": math.nan}, r"^min_delta: must be a number in \[0, inf\); got nan$"),
        ({"max_batch_size": 0}, r"^max_batch_size: must be an integer in \[1, 1000000000\]; got 0$"),
        ({"monitor": ""}, r"^monitor: must have at least 1 character; got ''$"),
        ({"monitor": "sharpness"}, "^mode: cannot be inferred .*; set it to 'min' or 'max'$"),
        ({"slots": "restore", "restore_best": False}, "^slots: 'restore' needs restore_best=True"),
        ({"patiense": 3}, r"^patiense: unknown key; did you mean patience\? known keys: monitor, "),
    ],
)
def test_wrong_fields_are_named(fields, message):
    with pytest.raises(SpecError, match=message):
        PlateauSpec(**fields)


@pytest.mark.parametrize("monitor", ["loss", "val_loss", "val_head_loss", "rmse", "val_mean_squared_error"])
def test_smaller_is_better(monitor):
    assert PlateauSpec(monitor=monitor).direction == "min"


@pytest.mark.parametrize("monitor", ["accuracy", "val_sparse_categorical_accuracy", "auc", "val_f1_score"])
def test_larger_is_better(monitor):
    assert PlateauSpec(monitor=monitor).direction == "max"


def test_each_action_is_searched_with_its_own_parameters():
    fields = fields_by_action()
    assert {*ACTIONS} == {*fields} >= {"decay", "grow", "hybrid"}
    assert fields["hybrid"] == set(PlateauSpec.model_fields) - {"max_multiplier", "every"}
    assert fields["seesaw"] == fields["grow"]
    assert fields["greedy"] - fields["decay"] == {"max_multiplier"}
    assert fields["decay"] - fields["hybrid"] == {"every"}
    assert fields["hybrid"] - fields["decay"] == {"growth", "max_batch_size"}
    assert fields["hybrid"] - fields["grow"] == {"factor"}


@pytest.mark.parametrize("action", ["grwo", ["grow"], None], ids=repr)
def test_an_action_that_is_not_registered_is_refused(action):
    with pytest.raises(SpecError) as refused:
        PlateauSpec(action=action)
    assert str(refused.value) == f"action: must be one of {', '.join(map(repr, ACTIONS))}; got {action!r}"


def test_the_schema_lists_the_actions():
    assert PlateauSpec.model_json_schema()["properties"]["action"] == {
        "default": "decay",
        "enum": list(ACTIONS),
        "title": "Action",
        "type": "string",
    }


def test_it_survives_json():
    spec = PlateauSpec(action="hybrid", max_batch_size=64)
    assert PlateauSpec.parse(json.loads(spec.model_dump_json())) == spec
