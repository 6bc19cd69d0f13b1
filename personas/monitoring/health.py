"""/healthz: is the process alive? /readyz: is the database ready?"""

from typing import Any

import marshmallow as ma
from sqlalchemy.exc import SQLAlchemyError

from personas.auth.guard import ANYONE, allow
from personas.config.settings import ConfigError
from personas.database.schema import check_revision, describe_database, ensure_schema
from personas.http.fields import Answer, Choice
from personas.http.view import Blueprint

blp = Blueprint("health", __name__)


class Alive(Answer):
    status = Choice(("ok",))


class Ready(Alive):
    database = ma.fields.String(
        metadata={"examples": ["SQLite 3.53.4 (pysqlite3), journal mode wal"]}
    )
    schema = ma.fields.String(metadata={"examples": ["0002"]})


class NotReady(Answer):
    status = Choice(("unavailable",))
    reason = ma.fields.String(metadata={"examples": ["The database cannot be reached."]})


@blp.get("/healthz")
@allow(ANYONE, needs_database=False)
@blp.response(200, Alive)
def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@blp.get("/readyz")
@allow(ANYONE, needs_database=False)
@blp.response(200, Ready)
@blp.alt_response(503, NotReady)
def readyz() -> tuple[dict[str, Any], int]:
    """The database is reachable and its schema current."""
    try:
        ensure_schema()
        schema = check_revision()  # another process may have migrated since the start
        return {"status": "ok", "database": describe_database(), "schema": schema}, 200
    except ConfigError as error:
        return {"status": "unavailable", "reason": error.message}, 503
    except SQLAlchemyError:
        return {"status": "unavailable", "reason": "The database cannot be reached."}, 503
