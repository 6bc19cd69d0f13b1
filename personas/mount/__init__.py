"""The service inside another Flask application."""
