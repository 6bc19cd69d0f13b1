"""What gunicorn reads by itself when it is started in a checkout."""

from personas.gunicorn_conf import *  # noqa: F403  gunicorn takes the names that it knows
