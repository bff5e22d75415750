import dataclasses
import re

import numpy as np
import pytest

from reactive_schedules import Horizon, TrainingSpec, preview
from reactive_schedules.families import FAMILIES
from tests.reactive_schedules.family_cases import UNRESOLVED

HORIZON = Horizon(steps_per_epoch=100, epochs=10, batch_size=32)


def family(name, **arguments):
    return FAMILIES[name].parse({"peak": 0.1, **arguments})


@pytest.mark.parametrize("name", UNRESOLVED)
def test_every_family_has_a_preview(name):
    ahead = preview(UNRESOLVED[name], HORIZON)
    assert ahead.steps.tolist() == list(range(1000))
    assert ahead.rates.tolist() == UNRESOLVED[name].resolve(HORIZON)(np.arange(1000)).tolist()
    assert ahead.key_points[0].step == 0
    assert ahead.key_points[-1].step == 999
    assert len(ahead.sparkline(40, 3).splitlines()) == 3


def test_key_points():
    points = preview(family("one_cycle", final_ratio=0.01), HORIZON).key_points
    assert [(point.name, point.step) for point in points] == [("start", 0), ("peak", 300), ("last step", 999)]
    assert [point.rate for point in points] == pytest.approx([0.004, 0.1, 0.001], rel=1e-3)


def test_key_points_of_one_step_share_a_row():
    table = preview(family("constant", warmup=5), Horizon(5, 2, 1)).table()
    assert "peak, warm-up ends" in table
    assert len(table.splitlines()) == 4


def test_a_spec_names_the_path_of_a_fault():
    spec = TrainingSpec.from_yaml("learning_rate: {family: cosine, peak: 0.1, warmup: 2000}")
    with pytest.raises(
        ValueError, match=r"^learning_rate.warmup: must be shorter than the 1000 available steps"
    ):
        preview(spec, HORIZON)


def test_any_keras_schedule_has_a_preview():
    import keras

    from reactive_schedules import OneCycle, Scaled, Warmup

    ours = preview(OneCycle(0.1, horizon=1000), HORIZON)
    assert ours.rates.tolist() == preview(family("one_cycle"), HORIZON).rates.tolist()
    assert ours.key_points == preview(family("one_cycle"), HORIZON).key_points
    theirs = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.5)
    nested = preview(Warmup(Scaled(theirs, 0.5), 100), HORIZON)
    assert nested.name == "Warmup"
    assert [(point.name, point.step) for point in nested.key_points] == [
        ("start", 0),
        ("peak", 100),
        ("last step", 999),
    ]
    assert nested.rates[200] == pytest.approx(0.025)


def test_a_schedule_that_takes_one_step_at_a_time():
    from keras.optimizers.schedules import CosineDecay

    from reactive_schedules import Warmup

    warmed = CosineDecay(0.1, 50, warmup_target=0.2, warmup_steps=10)
    ahead = preview(warmed, Horizon(10, 10, 32))
    assert ahead.rates.tolist() == [float(warmed(step)) for step in range(100)]
    assert [point.step for point in ahead.key_points] == [0, 10, 99]
    assert preview(Warmup(warmed, 10), Horizon(10, 10, 32)).rates[10:].tolist() == ahead.rates[:-10].tolist()


def test_a_function_that_returns_a_number_and_a_long_run_of_single_steps():
    ahead = preview(lambda step: 0.2 if step < 5000 else 0.1, Horizon(1000, 10, 32))
    assert len(ahead.steps) == 2000
    assert set(ahead.rates.tolist()) == {0.2, 0.1}
    assert preview(lambda step: 0.3, HORIZON).rates.tolist() == [0.3] * 1000


@pytest.mark.filterwarnings("error")
def test_a_rate_of_0():
    from reactive_schedules import Constant, Scaled

    ahead = preview(Scaled(Constant(0.1), 0.0), HORIZON)
    assert ahead.sparkline(4) == "    "
    assert ahead.table().splitlines()[1].split()[-2:] == ["0", "0.00%"]


@pytest.mark.parametrize(
    ("spec", "horizon", "message"),
    [
        (
            {"learning_rate": {"family": "constant", "peak": 1}},
            HORIZON,
            r"^spec: must be a TrainingSpec, .* \(use TrainingSpec.parse for a mapping\); got {'learn",
        ),
        (0.1, HORIZON, "^spec: must be .*; got 0.1$"),
        (family("constant"), 1000, r"^horizon: must be a Horizon, such as .*; got 1000$"),
    ],
)
def test_other_types_are_named(spec, horizon, message):
    with pytest.raises(ValueError, match=message):
        preview(spec, horizon)


def test_a_long_run_is_sampled_and_keeps_its_key_points():
    ahead = preview(family("one_cycle"), Horizon(100_000, 100, 32))
    assert len(ahead.steps) < 21_000
    assert {0, 3_000_000, 9_999_999} <= set(ahead.steps.tolist())
    assert ahead.rates.max() == 0.1


def test_sparkline():
    falling = preview(family("linear", warmup=0, final_ratio=0), Horizon(8, 1, 1))
    assert falling.sparkline(8) == "█▇▆▅▄▃▂▁"
    assert preview(family("constant"), Horizon(3, 1, 1)).sparkline(7, 2) == "███████\n███████"


def test_a_rate_above_0_is_visible_and_0_is_not():
    shares = {"boundaries": [4, 8], "ratios": [1, 1e-6, 0]}
    assert preview(family("piecewise", **shares), Horizon(12, 1, 1)).sparkline(3) == "█▁ "


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_pictures(ending, tmp_path):
    ahead = preview(family("cyclical"), HORIZON)
    path = ahead.draw(tmp_path / f"lr.{ending}")
    first = path.read_bytes()
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml", "html": b"<!doctype html>"}[ending])
    ahead.draw(path)
    assert path.read_bytes() == first


def test_the_page_stands_alone(tmp_path):
    text = preview(family("cyclical"), HORIZON).draw(tmp_path / "lr.html").read_text()
    assert "<svg" in text
    assert "first peak" in text
    assert not re.search(r"<script|<link|<img|src=|@import|url\(http", text)


def test_the_page_runs_no_script_and_shows_the_name_as_it_is(browser, tmp_path):
    name = "<b>x</b><script>document.title = 'taken over'</script>"
    ahead = dataclasses.replace(preview(family("cyclical"), HORIZON), name=name)
    page = ahead.draw(tmp_path / "lr.html")
    browser.open(page)
    assert browser.logs()[0] == []
    assert browser.script("return document.querySelector('h1').textContent") == f"Learning rate: {name}"
    assert browser.script("return getComputedStyle(document.querySelector('h1')).fontFamily").startswith(
        "system-ui"
    )
    page.write_text(page.read_text() + "<script>document.title = 'taken over'</script>")
    browser.open(page)
    assert browser.script("return document.title") == f"Learning rate: {name}"


def test_pictures_refuse(tmp_path):
    ahead = preview(family("cosine"), HORIZON)
    with pytest.raises(ValueError, match=r"lr.pdf: must end in one of .png, .svg, .html"):
        ahead.draw("lr.pdf")
    with pytest.raises(ValueError, match=r"lr.png: cannot be written: No such file or directory"):
        ahead.draw(tmp_path / "nowhere" / "lr.png")
