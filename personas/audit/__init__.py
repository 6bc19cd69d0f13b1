"""The trail of who did what to whom."""
