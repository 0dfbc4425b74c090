"""Measurements: how fast the write path is beside the database alone, and that nothing is lost when things break."""
