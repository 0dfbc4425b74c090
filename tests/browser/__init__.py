"""The pages in a real browser: what only one can tell."""
