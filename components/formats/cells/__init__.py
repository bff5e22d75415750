"""What the text in a cell means: numbers, gaps, dates."""
