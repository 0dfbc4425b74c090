"""Public registers asked over HTTP: they complete what is typed, and never stand in the way of logging a case."""
