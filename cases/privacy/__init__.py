"""What the law asks: who looked, cases opened with a reason, what people are given, what is erased, how long things are kept."""
