"""What the one write path writes: effects, new tracks, what moves to another case, keys."""
