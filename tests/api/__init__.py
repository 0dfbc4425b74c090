"""Facts about the doors: pages, JSON, command line and settings."""
