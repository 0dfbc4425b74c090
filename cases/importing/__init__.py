"""A canvassing sheet becomes cases: read, tried, recorded, its refused lines put right, the whole of it undone."""
