"""What an evaluation found, as one JSON file in Evaluator's `evaluation` artifact.

`metrics.json` holds:

- `metric`: what the model is judged by, on all examples.
- `candidate`, `baseline`: metric to value on all examples; `baseline` is null when there is none.
- `baseline_version`: folder name of the baseline in production, or null.
- `constant`: what the best constant answer reaches in `metric`, on the same examples.
- `slices`: one `{"slice": {column: value}, "examples", "metrics", "baseline"}` per value of a sliced column,
  where `metrics` and `baseline` are as `candidate` and `baseline` above.
- `examples`: how many were evaluated.
- `blessed`, and `reasons` for it, or against it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow_model_analysis as tfma

FILE = "metrics.json"


def judged(config: "tfma.EvalConfig") -> tuple[str, "tfma.MetricThreshold"]:
    """The metric that has a threshold, on all examples: its name, and the threshold."""
    ((name, threshold),) = (
        (_name(metric), metric.per_slice_thresholds[0].threshold)
        for spec in config.metrics_specs
        for metric in spec.metrics
        if metric.per_slice_thresholds
    )
    return name, threshold


def summarise(
    directory: str,
    config: "tfma.EvalConfig",
    blessed: bool,
    constant: float,
    beats_constant: bool,
    baseline: str | None,
) -> dict[str, Any]:
    """Reads what TFMA wrote.

    Args:
        directory: of the `evaluation` artifact.
        config: what was evaluated, by which metrics; one of them has a threshold, on all examples.
        blessed: TFMA's verdict.
        constant: what the best constant answer reaches.
        beats_constant: whether that is the threshold.
        baseline: version of the model that was compared with; None without one.
    """
    # By name, as TFMA adds `<name>_diff` when there is a baseline.
    configured = {_name(m): m for spec in config.metrics_specs for m in spec.metrics if m.config}
    candidates = _by_slice(directory, None if baseline is None else "candidate", configured)
    rivals = {} if baseline is None else _by_slice(directory, "baseline", configured)
    candidate, rival = candidates.pop(()), rivals.get((), {}).get("metrics")
    name, threshold = judged(config)
    value, against = candidate["metrics"][name], rival and (baseline, rival[name])
    return {
        "metric": name,
        "candidate": candidate["metrics"],
        "baseline": rival,
        "baseline_version": baseline,
        "constant": constant,
        "slices": [
            {"slice": dict(key), **found, "baseline": rivals.get(key, {}).get("metrics")}
            for key, found in sorted(candidates.items(), key=str)
        ],
        "examples": candidate["examples"],
        "blessed": blessed,
        "reasons": list(_reasons(name, value, threshold, beats_constant, blessed, against)),
    }


def _name(metric: "tfma.MetricConfig") -> str:
    return json.loads(f"{{{metric.config}}}")["name"]


def _by_slice(directory: str, model: str | None, names: Iterable[str]) -> dict[tuple, dict[str, Any]]:
    import tensorflow_model_analysis as tfma

    slices = {}
    for key, outputs in tfma.load_eval_result(directory, model_name=model).slicing_metrics:
        values = {name: float(value.get("doubleValue", "nan")) for name, value in outputs[""][""].items()}
        slices[key] = {
            "examples": int(values["example_count"]),
            "metrics": {name: values[name] for name in names},
        }
    return slices


def _reasons(
    name: str,
    value: float,
    threshold: "tfma.MetricThreshold",
    beats_constant: bool,
    blessed: bool,
    rival: tuple[str, float] | None,
) -> Iterator[str]:
    """Why a model was blessed, or what it lacks."""
    bounds = threshold.value_threshold
    larger = bounds.HasField("lower_bound")
    required = (bounds.lower_bound if larger else bounds.upper_bound).value
    side = f"{'at least' if larger else 'at most'} {required:.4f}"
    if beats_constant:
        side = f"{'above' if larger else 'below'} the {required:.4f} of the best constant answer"
    # A lower bound of the change, or an upper one with the sign turned.
    gain = threshold.change_threshold.absolute.value * (1 if larger else -1)
    if blessed:
        yield f"{name} is {side}"
        if rival:
            yield f"{name} is {_asked(gain)} of version {rival[0]}"
        return
    # Written so that a metric that is not a number fails, too.
    if not (value >= required if larger else value <= required):
        yield f"{name} {value:.4f} is not {side}"
    if rival:
        version, other = rival
        if not (value - other if larger else other - value) >= gain:
            change = f" {'improved' if gain > 0 else 'worsened'} by {abs(gain):g}" if gain else ""
            yield f"{name} {value:.4f} does not reach the {other:.4f} of version {version}{change}"


def _asked(gain: float) -> str:
    if gain > 0:
        return f"better by {gain:g} than that"
    return f"at most {-gain:g} worse than that" if gain else "no worse than that"
