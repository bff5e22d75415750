"""Evaluates a model against thresholds and against a baseline that may be absent."""
