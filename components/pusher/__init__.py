"""Puts a blessed model into production atomically."""
