"""A host application with everything that could conflict with the service."""

import sqlite3  # noqa: TID251  the host uses its own library, for its own file
from pathlib import Path

import click
from flask import Blueprint, Flask, Response, g, session
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from personas import current_account, login_required, requires


class Base(DeclarativeBase):
    pass


class User(Base):
    """The host's own model, with the same name as ours."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str]


db = SQLAlchemy(metadata=Base.metadata)


def create_host(instance: Path, name: str = "host") -> Flask:
    """The host before anything is mounted in it."""
    app = Flask(name, instance_path=str(instance))
    app.secret_key = "the host's own"
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///host.db"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"module": sqlite3}
    app.config["REQUESTS"] = []
    app.json.sort_keys = True  # type: ignore[attr-defined]
    db.init_app(app)
    _add_pages(app)
    _add_protected_views(app)
    _add_hooks(app)
    app.register_blueprint(Blueprint("personas", name), url_prefix="/blog")
    app.cli.add_command(click.Group("db", help="The host's migrations."))
    return app


def _add_pages(app: Flask) -> None:
    @app.get("/")
    def index() -> str:
        account = current_account()
        return f"Hello, {account.name if account else 'stranger'}."

    @app.get("/personasx")
    def neighbour() -> str:
        return "the host's neighbour"

    @app.get("/nickname/<name>")
    @login_required
    def nickname(name: str) -> dict[str, object]:
        g.mine = "the host's"
        session["seen"] = name
        db.session.add(User(nickname=name))
        db.session.commit()
        account = current_account()
        assert account
        return {"rows": db.session.query(User).count(), "id": account.id, "g": g.mine}

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("an error of the host")


def _add_protected_views(app: Flask) -> None:
    @app.route("/members", methods=["GET", "POST"])
    @login_required
    def members() -> dict[str, object]:
        return vars(current_account())

    @app.get("/beta")
    @requires(tier="beta")
    def beta() -> str:
        return "beta"

    @app.get("/staff")
    @requires(role="admin")
    def staff() -> str:
        return "staff"

    @app.get("/both")
    @requires(role="admin", tier="founder")
    def both() -> str:
        return "both"

    @app.get("/later")
    @login_required
    async def later() -> str:
        account = current_account()
        return f"later, {account.name if account else 'nobody'}"


def _add_hooks(app: Flask) -> None:
    @app.before_request
    def record_request() -> None:
        app.config["REQUESTS"].append("request")

    @app.errorhandler(404)
    def not_found(_error: HTTPException) -> tuple[str, int]:
        return "the host has no such page", 404

    @app.errorhandler(Exception)
    def handle_error(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            response = Response(f"the host says: {error.description}", error.code)
            response.headers.extend(
                {k: v for k, v in error.get_headers() if k in ("WWW-Authenticate", "Retry-After")}
            )
            return response
        return Response("the host went wrong", 500)
