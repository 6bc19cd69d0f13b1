# What CI runs, in one word: just check

# where it is set, every run would compile every library anew
export PYTHONDONTWRITEBYTECODE := ""
export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# Everything that must hold before a commit; in CI the tests also measure their coverage
check: format lint types imports
    @{{ just_executable() }} {{ if env("CI", "") == "" { "test" } else { "coverage" } }}

format:
    ruff format --check .

lint:
    ruff check .

types:
    mypy

imports:
    lint-imports

# The quick tests in any order on all cores
test *options:
    pytest -n auto -m 'not slow' {{ options }}

# The same with the coverage that they must reach, which takes longer
coverage *options:
    pytest -n auto -m 'not slow' --cov --cov-report=term {{ options }}

# Those that start servers, browsers and installations, or send thousands of requests
slow *options:
    pytest -n auto -m slow {{ options }}

# Mend what can be mended by itself
fix:
    ruff check --fix .
    ruff format .

# Write the catalog's JSON Schema anew, which a test holds against the code
catalog-schema:
    python -m personas.seeding.schema

# Speed and memory, each with its limit
benchmark:
    python -m benchmarks.seeding
    python -m benchmarks.ingestion
    python -m benchmarks.reading
    python -m benchmarks.memory
    python -m benchmarks.export
    python -m benchmarks.prune
    python -m benchmarks.plugin
