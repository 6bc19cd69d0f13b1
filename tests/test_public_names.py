"""The names that `from personas import …` provides, and what the import loads."""

import subprocess
import sys

import pytest

import personas


def test_importing_the_package_loads_nothing_else() -> None:
    code = (
        "import sys, personas; print([m for m in sys.modules if m.startswith(('flask', 'sqla'))])"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout == "[]\n"


@pytest.mark.parametrize("name", personas.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(personas, name).__name__ == name


def test_an_unknown_name_raises_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Persona'"):
        _ = personas.Persona
