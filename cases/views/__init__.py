"""What a desk, a link or another tool reads of cases, each only as far as its reader may see."""
