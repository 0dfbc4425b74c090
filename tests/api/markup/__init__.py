"""Markup where words are asked for: sixty payloads, the fields that take them, and what a page or a mail makes of them."""
