"""The formats that data and rows come in: `registry` has one entry for each, and a file here reads it."""
