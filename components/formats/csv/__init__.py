"""CSV files and other text with a separator, images that it names included."""
