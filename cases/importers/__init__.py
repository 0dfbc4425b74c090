"""Files and registers that come in: rows in, report out, twice the same file changes nothing."""
