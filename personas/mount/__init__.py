"""Mount the service in another Flask application."""
