"""What `from personas import …` gives, and what it costs."""

import subprocess
import sys

import pytest

import personas


def test_importing_the_package_loads_nothing_else() -> None:
    code = (
        "import sys, personas; print([m for m in sys.modules if m.startswith(('flask', 'sqla'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", personas.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(personas, name).__name__ == name


def test_no_other_name_is() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Persona'"):
        _ = personas.Persona
