"""Rules: what a case may become, who may do it, by when, and who is told. Pure: no clock, no database, no network."""
