"""The model in production, as an artifact."""
