"""Runs trials of a Tuner in another pod."""
