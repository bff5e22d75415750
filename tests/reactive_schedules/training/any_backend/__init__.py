"""What `fit` promises on every backend: here on TensorFlow, in `test_jax.py` on JAX, in `make torch-test` on PyTorch."""
