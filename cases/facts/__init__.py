"""What a decision is taken on: the facts of a case, in one question."""
