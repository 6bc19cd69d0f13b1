"""Hand the numbers to Prometheus."""

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from personas.auth.guard import MONITOR, allow
from personas.ops.metrics import CONTENT_TYPE, exposition
from personas.persona.service import by_archetype

# Flask's own blueprint: what is not JSON is not in the API's document
scrape = Blueprint("scrape", __name__)


@scrape.get("/metrics")
@allow(MONITOR, needs_database=False)
def metrics() -> Response:
    """What was counted. Personas are read now, so that every worker says the same; without the
    database they are left out, and the rest stays visible."""
    try:
        personas = by_archetype()
    except SQLAlchemyError:
        personas = {}
    return Response(exposition(personas), content_type=CONTENT_TYPE)
