"""The documentation names every command, option and setting, and none that does not exist."""

import re
from pathlib import Path

import click
import pytest

from personas.cli import personas
from personas.config.settings import KNOWN_NAMES

DOCS = Path(__file__).parent.parent / "docs"
ROOT = DOCS.parent
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *ROOT.glob("examples/*/README.md")])


@pytest.mark.parametrize("name", sorted(personas.commands))
def test_every_command_is_documented_with_its_options(name: str) -> None:
    [row] = re.findall(rf"^\| `flask personas {name}\b.*$", _text("commands.md"), re.MULTILINE)
    options = [p.opts[-1] for p in personas.commands[name].params if isinstance(p, click.Option)]

    assert [option for option in options if option not in row and option != "--json"] == []


@pytest.mark.parametrize("name", sorted({*KNOWN_NAMES, "PERSONA_SEED_SECRET"}))
def test_every_setting_is_documented(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", _text("settings.md"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_missing_command_setting_or_file(page: Path) -> None:
    text = page.read_text()
    commands = set(re.findall(r"flask personas ([a-z][a-z-]+)", text))
    links = set(re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text))

    assert commands <= set(personas.commands)
    assert set(re.findall(r"PERSONAS_[A-Z_]+[A-Z]", text)) <= KNOWN_NAMES
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not (page.parent / link).exists()] == []


def _text(page: str) -> str:
    return (DOCS / page).read_text()
