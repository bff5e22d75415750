"""Worker processes for Beam, on this machine and next to the workers of a cluster."""
