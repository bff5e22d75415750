"""Searches for the hyperparameters of a schedule."""
