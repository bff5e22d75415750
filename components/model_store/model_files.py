"""Names of the files inside an exported or pushed model, relative to the folder of its SavedModel.

TensorFlow Serving and TFX ignore `assets.extra`.
"""

GRAPH = "saved_model.pb"
"""The SavedModel itself; a folder without this file is not a SavedModel."""

CARD = "assets.extra/model.json"
"""What the model predicts and how it was made: label, build function, hyperparameters, spec; by the Trainer."""

CHECKSUMS = ".checksums"
"""Checksums of all other files, see `components.checksums`; in pushed versions."""

KERAS = "assets.extra/model.keras"
"""The same model in Keras' own format, so that training can continue from it; by the Trainer."""

RESIDUALS = "assets.extra/residuals.json"
"""How far a regression was off on the validation split, see `components.learning.residuals`; by the Trainer."""

STATISTICS = "assets.extra/statistics.pb"
"""Statistics of the training data, a `DatasetFeatureStatisticsList`; by the Trainer."""

EVALUATION = "assets.extra/evaluation.json"
"""Metrics and verdict, see `components.evaluator.metrics`; by the Pusher."""

LINEAGE = "assets.extra/lineage.json"
"""The run, data, code and artifacts behind the model, see `components.pusher.lineage`; by the Pusher."""
