"""Puts a blessed model into production, all of it at once."""
