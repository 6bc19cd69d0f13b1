"""/metrics, for Prometheus."""

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from personas.auth.guard import MONITOR, allow
from personas.ops.metrics import CONTENT_TYPE, exposition
from personas.persona.service import by_archetype

# Flask's own blueprint: the OpenAPI document lists only JSON endpoints
scrape = Blueprint("scrape", __name__)


@scrape.get("/metrics")
@allow(MONITOR, needs_database=False)
def metrics() -> Response:
    """All metrics. Personas are counted in the database at each scrape, so every worker returns the
    same number; if the database is unavailable, only their number is missing."""
    try:
        personas = by_archetype()
    except SQLAlchemyError:
        personas = {}
    return Response(exposition(personas), content_type=CONTENT_TYPE)
