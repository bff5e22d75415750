"""Training on TensorFlow: sources of examples, and compiled loops over them."""
