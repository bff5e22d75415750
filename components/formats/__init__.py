"""The file formats of data and rows: `registry` has one entry for each, and a folder here reads it."""
