"""Keeps a workspace whole: finds damage, puts pushed models back, removes what is old."""
