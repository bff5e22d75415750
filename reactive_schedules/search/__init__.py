"""Hyperparameter search: spaces, algorithms, the record of a study, and its page."""
