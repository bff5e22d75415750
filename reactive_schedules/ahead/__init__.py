"""What can be seen before or beside a training: preview, forecast, range test, pictures."""
