"""The results of an evaluation, as one JSON file in the Evaluator's `evaluation` artifact.

`metrics.json` holds:

- `metric`: the metric that decides the verdict, on all examples, and `larger_is_better`.
- `candidate`, `baseline`: metric to value on all examples, null where it has none; `baseline` is null if there is
  none. A class that is new in the data has probability 0 by the baseline.
- `intervals`: metric to the 95 % interval `[low, high]` around the value of the candidate; null where the examples do
  not tell.
- `differences`: metric to how much better the candidate is than the baseline, positive where it is better: `value`, the
  95 % `interval`, and `bound`, what it is better by with the `confidence` that was asked for. Empty without a baseline.
- `configured`: of the configuration as written, if a search chose another one, its `scores` by metric, the `interval`
  of `metric`, and `differences` as above, positive where the candidate is better; else null. It does not count for the
  verdict.
- `baseline_version`: folder name of the baseline in production, or null.
- `confidence`, `min_improvement`: as asked for.
- `constant`: score of the best constant prediction in `metric`, on the same examples; `constants` in all metrics.
- `decision_threshold`, `positive`: least probability of the positive class that is answered with it, and that class.
- `weight`: the column that weighs the examples; `groups`: number of groups that the intervals resample, or null.
- `slices`: one `{"slice": {column: value}, "examples", "metrics", "baseline", "interval"}` per value of a sliced
  column, where `metrics` and `baseline` have the form of `candidate` and `baseline` above, and `interval` is of
  `metric`, null for all but the largest slices.
- `examples`: number of evaluated examples, and `test_rows`: a fingerprint of them and of their weights, in any order.
- `ensemble`: of a model that averages several, their number as `members`, their `seeds`, and in `validation`, by
  metric, the score of the `average` and those of the `members` on the validation split; null for a single model.
- `validation`: metric to value on the split that the training was validated on, `validation_interval` around that of
  `metric`, and `validation_examples`; null without one.
- `blessed`: whether the model was blessed, and `reasons`: why, or why not.
- `notes`: what else to know before believing it, a sentence each.
"""

FILE = "metrics.json"

SHOWN_SLICES = 40
"""Slices that get an interval, and that the report shows: the largest ones."""
