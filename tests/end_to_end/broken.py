"""User code that fails."""

import os


def build_model(hyperparameters, schema):
    threads = os.environ["TF_NUM_INTRAOP_THREADS"]
    raise ZeroDivisionError(f"nothing to build a model of, threads: {threads}")
