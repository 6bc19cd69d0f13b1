"""Whether the process is alive, and whether it can work."""

from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from personas.auth.guard import ANYONE, allow
from personas.body import Blueprint
from personas.config import ConfigError
from personas.migrate import describe, ensure_schema, head

blp = Blueprint("health", __name__)


@blp.get("/healthz")
@allow(ANYONE)
def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@blp.get("/readyz")
@allow(ANYONE)
def readyz() -> tuple[dict[str, Any], int]:
    """The database is reachable and its schema current."""
    try:
        ensure_schema()
        return {"status": "ok", "database": describe(), "schema": head()}, 200
    except ConfigError as error:
        return {"status": "unavailable", "reason": error.message}, 503
    except SQLAlchemyError:
        return {"status": "unavailable", "reason": "The database cannot be reached."}, 503
