"""Example configurations, and their data."""
