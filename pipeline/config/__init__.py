"""The configuration of a pipeline: one YAML file, checked as a whole before TensorFlow is imported.

`sections` defines the keys, `load` reads a file, `fit` checks it against the data, `prepare` starts a local run.
"""
