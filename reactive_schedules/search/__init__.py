"""Searching the hyperparameters of a spec: space, algorithms, the record of a study, its page."""
