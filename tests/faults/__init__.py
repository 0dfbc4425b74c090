"""What holds when machines and processes fail."""
