"""The built packages: the wheel works without a checkout, the source archive holds no secret."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from tests.production import CHECKOUT, environment, serve, settings

pytestmark = pytest.mark.slow

WHEEL_ONLY = {"PYTHONPATH": ""}  # that of the tests names the checkout
NEEDED = {
    "personas/seeding/catalog.json",
    "personas/web/templates/reset_password.html",
    "personas/web/static/page.css",
    "personas/web/static/swagger/swagger-ui-bundle.js",
    "personas/migrations/env.py",
    "personas/py.typed",
    *(f"personas/{path.relative_to(CHECKOUT)}" for path in CHECKOUT.glob("migrations/*/0*.py")),
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive of a checkout with local data."""
    folder = tmp_path_factory.mktemp("dist")
    leave = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "instance")
    checkout = shutil.copytree(CHECKOUT, folder / "checkout", ignore=leave)
    for secret in ("instance/secret_key", "instance/personas.db", ".env"):
        (checkout / secret).parent.mkdir(exist_ok=True)
        (checkout / secret).write_text("secret")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def python(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment in which the wheel is installed.

    Its dependencies are those of the tests: a line in a .pth file adds their folder, without
    reading the .pth files in there, one of which names the checkout.
    """
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    (wheel,) = dist.glob("*.whl")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index"]
    subprocess.run([*install, "--no-deps", str(wheel)], check=True, capture_output=True)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_the_wheel_holds_what_it_needs_and_no_more(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = set(ZipFile(wheel).namelist())

    assert names >= NEEDED
    assert {name.split("/")[0].split("-")[0] for name in names} == {"personas"}
    assert not [name for name in names if name.endswith((".pyc", ".db", "secret_key", ".env"))]


def test_the_source_archive_holds_no_instance_folder(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}

    assert names >= {"pyproject.toml", "app.py", "personas/app.py", "tests/conftest.py"}
    assert not [name for name in names if name.startswith(("instance", ".ci", ".env"))]


def test_the_wheel_seeds_without_a_checkout(python: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [python, "-m", "flask", "--app", "personas", "personas", "seed"],
        cwd=tmp_path,
        env=environment(tmp_path, WHEEL_ONLY),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert "10 created" in result.stdout
    data = python.parent.parent / "var" / "personas-instance" / "personas.db"
    assert data.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.iterdir())


def test_the_wheel_serves_without_a_checkout(python: Path, tmp_path: Path) -> None:
    values = settings(tmp_path) | WHEEL_ONLY
    paths = ["/readyz", "/docs", "/openapi.json", "/reset-password", "/static/page.css"]
    with (
        serve(tmp_path, values=values, python=str(python)) as service,
        httpx.Client(base_url=service.url) as http,
    ):
        answers = {path: http.get(path).status_code for path in paths}

    assert answers == dict.fromkeys(paths, 200)
