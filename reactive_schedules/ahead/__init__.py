"""Tools to use before and after training: preview, forecast, range test, pictures."""
