"""The audit trail, read by admins."""

from typing import Any

from personas.audit import service
from personas.audit.schemas import AuditPage, AuditQuery
from personas.auth.guard import ADMIN, allow
from personas.http.view import Blueprint

blp = Blueprint("audit", __name__, url_prefix="/api/v1/admin/audit")


@blp.get("")
@allow(ADMIN)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, AuditPage)
def list_events(query: dict[str, Any]) -> dict[str, Any]:
    """List the audit trail, newest events first."""
    events, next_cursor = service.events(**query)
    return {"events": events, "next_cursor": next_cursor}
