"""A search in a script or notebook: `rs.tune`."""
