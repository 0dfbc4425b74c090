"""Mentoring: a volunteer and an entrepreneur."""
