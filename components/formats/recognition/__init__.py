"""What a column of a table holds, recognised from all of its cells."""
