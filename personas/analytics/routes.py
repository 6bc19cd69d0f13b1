"""Analytics, for admins."""

from typing import Any

from personas.analytics import service
from personas.analytics.period import Period, period
from personas.analytics.schemas import AnalyticsQuery, Modules, Tools
from personas.auth.guard import ADMIN, allow
from personas.database import clock
from personas.http.view import Blueprint

blp = Blueprint("analytics", __name__, url_prefix="/api/v1/admin/analytics")


@blp.get("/modules")
@allow(ADMIN)
@blp.arguments(AnalyticsQuery, location="query")
@blp.response(200, Modules)
def list_modules(query: dict[str, Any]) -> dict[str, Any]:
    """Get ratings and tool calls by module and week."""
    days = _days(query)
    return {"days": days, "modules": service.modules(days, query.get("archetype"))}


@blp.get("/tools")
@allow(ADMIN)
@blp.arguments(AnalyticsQuery, location="query")
@blp.response(200, Tools)
def list_tools(query: dict[str, Any]) -> dict[str, Any]:
    """Get calls, errors and latencies by tool."""
    days = _days(query)
    return {"days": days, "tools": service.tools(days, query.get("archetype"))}


def _days(query: dict[str, Any]) -> Period:
    return period(query.get("first"), query.get("last"), clock.now().date())
