"""One page per run: its configuration, the training, and the quality of the model."""
