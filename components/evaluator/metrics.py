"""The results of an evaluation, as one JSON file in the Evaluator's `evaluation` artifact.

`metrics.json` holds:

- `metric`: the metric that decides the verdict, on all examples.
- `candidate`, `baseline`: metric to value on all examples; `baseline` is null if there is none. An example of a class
  that is new in the data counts as one that the baseline gets wrong, with no probability for its class.
- `baseline_version`: folder name of the baseline in production, or null.
- `constant`: score of the best constant prediction in `metric`, on the same examples.
- `slices`: one `{"slice": {column: value}, "examples", "metrics", "baseline"}` per value of a sliced column,
  where `metrics` and `baseline` have the form of `candidate` and `baseline` above.
- `examples`: number of evaluated examples.
- `blessed`: whether the model was blessed, and `reasons`: why, or why not.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow_model_analysis as tfma

FILE = "metrics.json"


def judged(config: "tfma.EvalConfig") -> tuple[str, "tfma.MetricThreshold"]:
    """Returns the name and the threshold of the metric that has one."""
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
    """Summarises TFMA's results as the contents of `metrics.json`.

    Args:
        directory: Folder of the `evaluation` artifact.
        config: Configuration of the evaluation; exactly one metric has a threshold, on all examples.
        blessed: TFMA's verdict.
        constant: Score of the best constant prediction.
        beats_constant: Whether `constant` is the threshold.
        baseline: Version of the baseline; None without one.
    """
    # By name, because TFMA adds `<name>_diff` when there is a baseline.
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
    """Yields why a model was blessed, or why not."""
    bounds = threshold.value_threshold
    larger = bounds.HasField("lower_bound")
    required = (bounds.lower_bound if larger else bounds.upper_bound).value
    side = f"{'at least' if larger else 'at most'} {required:.4f}"
    if beats_constant:
        side = f"{'above' if larger else 'below'} the {required:.4f} of the best constant prediction"
    # The threshold bounds the change from below if larger is better, else from above: a gain has the other sign.
    gain = threshold.change_threshold.absolute.value * (1 if larger else -1)
    if blessed:
        yield f"{name} is {side}"
        if rival:
            yield f"{name} is {_asked(gain)} in version {rival[0]}"
        return
    # Negated, so that NaN fails too.
    if not (value >= required if larger else value <= required):
        yield f"{name} {value:.4f} is not {side}"
    if rival:
        version, other = rival
        if not (value - other if larger else other - value) >= gain:
            yield f"{name} {value:.4f} is {_lacking(gain)} the {other:.4f} of version {version}"


def _asked(gain: float) -> str:
    if gain > 0:
        return f"at least {gain:g} better than"
    return f"at most {-gain:g} worse than" if gain else "no worse than"


def _lacking(gain: float) -> str:
    if gain > 0:
        return f"not at least {gain:g} better than"
    return f"more than {-gain:g} worse than" if gain else "worse than"
