"""Evaluates a model against thresholds and an optional baseline."""
