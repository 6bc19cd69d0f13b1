"""Statistics of ratings and tool calls: read-only queries over activity."""
