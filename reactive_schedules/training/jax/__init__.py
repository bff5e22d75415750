"""Training on JAX: an epoch is one compiled call over Keras' stateless steps."""
