"""The service's blueprint: it nests all routes, has the commands, and runs one guard first."""

import flask

from personas.activity import routes as activity
from personas.analytics import routes as analytics
from personas.audit import routes as audit
from personas.auth import routes as auth
from personas.auth.guard import check_access
from personas.cli import personas
from personas.http.body import Blueprint, check_query, read_body
from personas.monitoring import health
from personas.monitoring.scrape import scrape
from personas.openapi.document import docs
from personas.persona import routes as persona
from personas.space import routes as space
from personas.user import routes as user
from personas.web.pages import pages

blueprint = Blueprint("personas", __name__)
blueprint.cli = personas

for concept in (health, auth, user, persona, space, activity, analytics, audit):
    blueprint.register_blueprint(concept.blp)

# Flask's own method: ours would add these to the OpenAPI document
for undocumented in (docs, pages, scrape):
    flask.Blueprint.register_blueprint(blueprint, undocumented)

# The order of the contract, section 6: credentials and role, body, query string; then the view
blueprint.before_request(check_access)
blueprint.before_request(read_body)
blueprint.before_request(check_query)
