"""Orientation: operators are asked to take the case, and one engages."""
