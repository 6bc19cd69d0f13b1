"""The API's blueprint: it nests all routes, has the commands, and runs the guard first."""

from flask import Blueprint

from personas.activity import routes as activity
from personas.analytics import routes as analytics
from personas.audit import routes as audit
from personas.auth import routes as auth
from personas.auth.guard import check_access
from personas.cli import personas
from personas.http.body import read_body
from personas.http.query import check_query
from personas.monitoring import health
from personas.monitoring.scrape import scrape
from personas.openapi.docs import docs
from personas.persona import routes as persona
from personas.space import routes as space
from personas.user import routes as user

blueprint = Blueprint("personas", __name__)
blueprint.cli = personas

for concept in (health, auth, user, persona, space, activity, analytics, audit):
    blueprint.register_blueprint(concept.blp)

for other in (docs, scrape):  # their views declare no responses, so the document leaves them out
    blueprint.register_blueprint(other)

# The order of the contract, section 6: credentials and role, body, query string; then the view
blueprint.before_request(check_access)
blueprint.before_request(read_body)
blueprint.before_request(check_query)
