# CI runs: just check

# if this is set, every run compiles every library again
export PYTHONDONTWRITEBYTECODE := ""
export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# Everything that must pass before a commit; in CI the tests also measure their coverage
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

# The quick tests in random order on all cores
test *options:
    pytest -n auto -m 'not slow' {{ options }}

# The same with the coverage that they must reach, which takes longer
coverage *options:
    pytest -n auto -m 'not slow' --cov --cov-report=term {{ options }}

# Tests that start servers or browsers, install packages, or send thousands of requests
slow *options:
    pytest -n auto -m slow {{ options }}

# Fix formatting and lint errors automatically
fix:
    ruff check --fix .
    ruff format .

# Write the catalog's JSON Schema again; a test compares it with the code
catalog-schema:
    python -m personas.seeding.schema

# Measure speed and memory; each benchmark has a limit
benchmark:
    python -m benchmarks.seeding
    python -m benchmarks.ingestion
    python -m benchmarks.reading
    python -m benchmarks.memory
    python -m benchmarks.export
    python -m benchmarks.prune
    python -m benchmarks.plugin
