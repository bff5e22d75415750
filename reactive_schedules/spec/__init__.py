"""The training spec as plain data, its optimizers, and its JSON Schema. Imports no Keras."""
