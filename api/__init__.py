"""The doors: pages, JSON, command line and settings; everything that comes from outside."""
