"""Where `flask` and WSGI servers find the application by name."""

from personas.app import create_app

app = create_app()
