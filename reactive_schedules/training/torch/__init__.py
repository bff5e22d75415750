"""Training on PyTorch: sources of examples, and an eager loop over Keras' steps."""
