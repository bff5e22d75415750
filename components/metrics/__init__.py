"""Every metric that a model is judged by, once: their names without NumPy, and their scores with it."""

from components.metrics.registry import Metric, UnknownMetric, find, is_own, names
from components.metrics.threshold import best_threshold

__all__ = ["Metric", "UnknownMetric", "best_threshold", "find", "is_own", "names"]
