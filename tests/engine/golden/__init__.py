"""The diagrams as they are meant to be; `python -m tests.engine.golden` draws them again."""
