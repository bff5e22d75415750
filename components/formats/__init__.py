"""The files that data may come in."""
