"""Processes that Beam's work runs in, on this machine and beside a cluster's own workers."""
