import json
import math

import pytest

from reactive_schedules.plateau.decision_log import DecisionLog, decision_record, noise_scale
from reactive_schedules.plateau.machine import PlateauSpec, replay


def test_the_noise_scale_is_that_of_the_paper():
    # The starting points of arXiv 1711.00489, section 5.1, with N = 50,000.
    for rate, batch, momentum in [(0.1, 128, 0.9), (0.5, 640, 0.9), (0.5, 3200, 0.98)]:
        assert noise_scale(rate, 50_000, batch, momentum) == pytest.approx(390.625)


def record(metrics, **fields):
    decision = replay(metrics, PlateauSpec(patience=1, **fields), batch_size=8, examples=1000)[-1]
    return decision_record(
        decision,
        monitor="val_loss",
        step=250,
        examples=2000,
        step_rate=0.5,
        epoch_examples=1000,
        averaging=0.9,
    )


def test_a_record_has_rate_and_batch_before_and_after():
    grown = record([1.0, 1.5], action="grow", growth=4)
    assert (grown["old_rate"], grown["new_rate"]) == (0.5, 0.5)
    assert (grown["old_batch_size"], grown["new_batch_size"]) == (8, 32)
    assert grown["new_noise_scale"] == grown["old_noise_scale"] / 4 == pytest.approx(0.5 * 1000 / (32 * 0.1))
    assert (grown["epoch"], grown["step"], grown["examples"]) == (1, 250, 2000)
    assert (grown["metric"], grown["best"], grown["wait"], grown["threshold"]) == (1.5, 1.0, 1, 1.0)
    cut = record([1.0, 1.5], factor=0.25)
    assert (cut["kind"], cut["old_rate"], cut["new_rate"]) == ("decay", 0.5, 0.125)


def test_the_log_is_one_line_of_strict_json_each(tmp_path):
    log = DecisionLog(tmp_path / "a" / "log.jsonl")
    records = [record([1.0, 1.5]), record([1.0, math.nan])]
    log.rewrite(records[:1])
    log.append(records[1])
    lines = (tmp_path / "a" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line, parse_constant=pytest.fail) for line in lines] == records
    assert records[1]["metric"] is None
    log.rewrite([])
    assert (tmp_path / "a" / "log.jsonl").read_text() == ""
