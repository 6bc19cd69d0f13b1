"""What became of the personas' turns, in numbers: read-only queries over activity."""
