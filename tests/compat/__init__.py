"""The library with other releases of what it needs; `make compat-test` runs it."""
