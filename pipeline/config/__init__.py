"""What a pipeline is, as one YAML file, checked as a whole before TensorFlow is imported.

`sections` are what can be written, `load` reads a file, `fit` compares it with the data, `prepare` begins a run.
"""
