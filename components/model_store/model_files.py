"""Names of the files inside an exported or pushed model, relative to the folder of its SavedModel.

TensorFlow Serving and TFX pass over `assets.extra`.
"""

GRAPH = "saved_model.pb"
"""Without it, a folder is not a SavedModel."""

CARD = "assets.extra/model.json"
"""What it predicts and how it was made: label, build function, hyperparameters, spec; by the Trainer."""

KERAS = "assets.extra/model.keras"
"""The same model in Keras' own format, so that what was pushed can be trained on; by the Trainer."""

STATISTICS = "assets.extra/statistics.pb"
"""Of the data it was trained on, a `DatasetFeatureStatisticsList`; by the Trainer."""

EVALUATION = "assets.extra/evaluation.json"
"""Metrics and verdict, see `components.evaluator.metrics`; by the Pusher."""

LINEAGE = "assets.extra/lineage.json"
"""Run, data, code and artifacts it came from, see `components.pusher.lineage`; by the Pusher."""
