"""Analysers whose results depend on the data alone: not on its order, nor on how the work is spread."""

from components.transform.analyzers.moments import mean_and_variance, scale_to_z_score
from components.transform.analyzers.quantiles import quantiles, scale_by_quantiles
from components.transform.analyzers.terms import multi_hot, tf_idf
from components.transform.analyzers.vocabularies import compute_and_apply_vocabularies

__all__ = [
    "compute_and_apply_vocabularies",
    "mean_and_variance",
    "multi_hot",
    "quantiles",
    "scale_by_quantiles",
    "scale_to_z_score",
    "tf_idf",
]
