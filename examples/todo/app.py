"""A to-do list for logged-in accounts, and a page for the tier `beta` and higher."""

from flask import Flask, redirect, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from personas import Personas, current_account, login_required, requires


class Base(DeclarativeBase):
    pass


class Todo(Base):
    __tablename__ = "todos"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]  # the id of an account
    text: Mapped[str]


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///todo.db"
db = SQLAlchemy(app, metadata=Base.metadata)
Personas(app)  # its accounts are in a separate database, instance/personas.db

with app.app_context():
    db.create_all()


@app.get("/")
@login_required
def todos():
    mine = select(Todo).where(Todo.owner == current_account().id).order_by(Todo.id)
    return [todo.text for todo in db.session.scalars(mine)]


@app.post("/")
@login_required
def add():
    db.session.add(Todo(owner=current_account().id, text=request.form["text"]))
    db.session.commit()
    return redirect("/", 303)


@app.get("/beta")
@requires(tier="beta")
def beta():
    return f"Welcome to the beta, {current_account().name}.\n"


@app.errorhandler(401)
def not_logged_in(_error):
    return "Log in first.\n", 401


@app.errorhandler(403)
def not_allowed(error):
    return f"{error.description}\n", 403
