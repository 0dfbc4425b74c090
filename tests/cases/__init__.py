"""Tests of what is remembered: tables, and what people do with cases."""
