"""TFX's taxi template with our components."""
