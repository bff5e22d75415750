"""What a run is, as plain data: the training spec, its optimizers, its JSON Schema. No Keras."""
