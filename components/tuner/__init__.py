"""Searches the schedule's hyperparameters."""
