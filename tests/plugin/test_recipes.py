"""The recipes in docs/testing.md pass."""

import re
from pathlib import Path

import pytest

from tests.plugin.conftest import RunTests

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
RECIPES = [block for block in BLOCKS if "def test_" in block]


def name(recipe: str) -> str:
    return str(re.findall(r"^def (test_\w+)", recipe, re.MULTILINE)[0])


@pytest.mark.parametrize("recipe", RECIPES, ids=name)
def test_a_recipe_passes(run_tests: RunTests, recipe: str) -> None:
    outcomes = run_tests(recipe).parseoutcomes()

    assert set(outcomes) <= {"passed", "skipped"}  # browser tests are skipped here
