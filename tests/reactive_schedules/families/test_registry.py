# What a family has besides its name depends on the family.
# pyright: reportAttributeAccessIssue=false
"""A family of the user's own, and what follows from its registration."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from reactive_schedules.keras.build import family_of
from reactive_schedules.search import space
from reactive_schedules.spec.json_schema import json_schema
from tests.conftest import ROOT

HORIZON = rs.Horizon(steps_per_epoch=100, epochs=10, batch_size=32)

SAWTOOTH = '''
from dataclasses import dataclass
from typing import Literal

import reactive_schedules as rs


class SawtoothSpec(rs.WarmedFamily):
    """Falls to 0 again and again."""

    family: Literal["test_sawtooth"] = "test_sawtooth"
    period: rs.Duration = "10%"


@rs.register_family(SawtoothSpec)
@dataclass(frozen=True)
class SawtoothFormula(rs.WarmedFormula[SawtoothSpec]):
    period: int

    def check(self, available):
        super().check(available)
        if self.period < 1:
            raise rs.SpecError(f"period: must be in [1, inf) steps; got {self.period}")

    @property
    def landmarks(self):
        return [*super().landmarks, ("tooth", self.warmup + self.period)]

    def after_warmup(self, step, ops):
        return self.spec.peak * (1 - ops.real(step % self.period) / self.period)
'''


@pytest.fixture
def own(registered):
    """The module of a user who registers a family."""
    names: dict = {"__name__": "own_families"}
    exec(SAWTOOTH, names)
    return names


def spec(**more) -> rs.TrainingSpec:
    return rs.TrainingSpec.parse({"learning_rate": {"family": "test_sawtooth", "peak": 0.5, **more}})


def test_in_a_spec_by_name(own):
    written = spec(period="2ep", warmup=10)
    assert type(written.learning_rate) is own["SawtoothSpec"]
    assert rs.TrainingSpec.from_yaml(written.to_yaml()) == written
    formula = written.learning_rate.resolve(HORIZON)
    assert (formula.period, formula.warmup) == (200, 10)
    assert formula(np.array([0, 5, 10, 110, 210])).tolist() == [0, 0.25, 0.5, 0.25, 0.5]


def test_inside_a_sequence(own):
    parts = [{"family": "constant", "peak": 0.1}, {"family": "test_sawtooth", "peak": 0.5, "period": 100}]
    whole = rs.TrainingSpec.parse(
        {"learning_rate": {"family": "sequence", "parts": parts, "boundaries": ["50%"]}}
    )
    assert whole.learning_rate.resolve(HORIZON)([499, 500, 550]).tolist() == [0.1, 0.5, 0.25]
    assert rs.TrainingSpec.from_yaml(whole.to_yaml()) == whole


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"perod": 3}, r"learning_rate\.perod: unknown key; did you mean period\?"),
        ({"period": "3parsecs"}, r"learning_rate\.period: must be a number followed by"),
        ({"peak": -1}, r"learning_rate\.peak: must be a number in \(0, inf\); got -1"),
    ],
)
def test_faults_name_their_path(own, more, message):
    with pytest.raises(rs.SpecError, match=message):
        spec(**more)


def test_its_own_checks_are_heard(own):
    with pytest.raises(rs.SpecError, match=r"^learning_rate.period: must be in \[1, inf\) steps; got 0"):
        rs.build(spec(period=0), HORIZON)


def test_in_preview_and_schema(own):
    ahead = rs.preview(spec(), HORIZON)
    assert ahead.name == "test_sawtooth"
    assert "tooth" in [point.name for point in ahead.key_points]
    assert "test_sawtooth" in json.loads(json_schema())["$defs"]["LearningRate"]["discriminator"]["mapping"]


def test_in_a_search_space(own):
    training = spec().model_dump(mode="json")
    searched = {"learning_rate": {"family": ["test_sawtooth", "cosine"], "period": ["10%", "20%"]}}
    space.check(training, {}, searched)
    chosen, _ = space.from_hyperparameters(
        training, {}, {"learning_rate.family": "test_sawtooth", "learning_rate.period": "20%"}
    )
    assert chosen.learning_rate.period == "20%"
    other, _ = space.from_hyperparameters(
        training, {}, {"learning_rate.family": "cosine", "learning_rate.period": "20%"}
    )
    assert "period" not in other.learning_rate.model_dump()


def test_as_a_keras_schedule(own):
    schedule = rs.build_schedule(spec(period=40).learning_rate, 1000)
    assert type(schedule).__name__ == "Sawtooth"
    assert schedule(np.array([0, 10, 40])).numpy().tolist() == [0.5, 0.375, 0.5]
    assert family_of(schedule) == spec(period=40).learning_rate


def test_in_a_saved_model(own, tmp_path):
    """Loaded by another process that registers the family first."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rs.build_schedule(spec(period=40).learning_rate, 1000)), "mse")
    model.save(tmp_path / "model.keras")
    (tmp_path / "own_families.py").write_text(SAWTOOTH)
    code = (
        "import keras, own_families;"
        f"model = keras.models.load_model({str(tmp_path / 'model.keras')!r});"
        "print(float(model.optimizer._learning_rate(10)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]; {code}"],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "0.375", done.stderr


def test_a_name_is_taken_once(own):
    class Other(rs.Family):
        family: Literal["cosine"] = "cosine"

    with pytest.raises(
        ValueError, match=r"^family: 'cosine' is already registered by CosineSpec; choose another name"
    ):
        rs.register_family(Other)(own["SawtoothFormula"])


def test_a_family_needs_a_name(own):
    class Nameless(rs.Family):
        pass

    with pytest.raises(ValueError, match=r"^family: Nameless has no name; add family"):
        rs.register_family(Nameless)(own["SawtoothFormula"])


def test_a_family_needs_a_formula():
    class Unregistered(rs.WarmedFamily):
        family: Literal["test_unregistered"] = "test_unregistered"

    with pytest.raises(rs.SpecError, match=r"^family: Unregistered has no formula; register one"):
        Unregistered(peak=0.1).resolve(100)


def test_a_module_that_is_loaded_again_registers_again(own):
    exec(SAWTOOTH, {"__name__": "own_families"})
    assert spec().learning_rate.resolve(HORIZON).period == 100


def test_a_formula_says_what_is_missing():
    @dataclass(frozen=True)
    class Unfinished(rs.WarmedFormula):
        period: int

    with pytest.raises(TypeError, match="after_warmup"):
        Unfinished(None, 0, 1)  # pyright: ignore[reportAbstractUsage]
