"""One configuration per example, and the data they run on."""
