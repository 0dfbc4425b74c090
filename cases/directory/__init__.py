"""The directory: operators, their branches and what these offer, kept by pages and by file, by the same rules."""
