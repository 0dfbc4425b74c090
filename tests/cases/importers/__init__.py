"""Tests of the files and registers that come in."""
