"""The training loop on TensorFlow: sources of examples, and compiled loops over them."""
