"""`flask personas seed`."""

from collections import Counter
from pathlib import Path

import click
import msgspec

from personas.cli.catalog import catalog_option, load
from personas.cli.group import DatabaseCommand, dry_run_option, json_option, print_json
from personas.cli.output import count, print_line, print_summary, with_progress
from personas.cli.store import auth_options, open_store
from personas.seeding.seed import seed_catalog
from personas.seeding.spaces import SpaceResult
from personas.seeding.store import PersonaResult

OUTCOMES = ("created", "updated", "unchanged", "failed")


@click.command(cls=DatabaseCommand)
@catalog_option
@dry_run_option
@click.option(
    "--prune-spaces",
    is_flag=True,
    help="Remove members of the catalog's spaces that the catalog does not list.",
)
@auth_options
@json_option
@click.pass_context
def seed(
    ctx: click.Context,
    path: Path | None,
    dry_run: bool,
    prune_spaces: bool,
    auth: str | None,
    jwt: str | None,
    as_json: bool,
) -> None:
    """Create and update the personas and spaces of the catalog.

    Safe to repeat. Prints "created", "updated", "unchanged" or "failed" for each persona, space and
    member. Continues after a failure, then exits with 1. A bad catalog exits with 2, and nothing
    is written. With --auth, passwords are derived on this machine: PERSONA_SEED_SECRET must be the
    same as the service's.
    """
    catalog = load(path, auth)
    results: list[PersonaResult | SpaceResult] = []
    with open_store(auth, jwt) as store:
        work = seed_catalog(catalog, store, dry_run=dry_run, prune=prune_spaces)
        for result in with_progress(work, len(catalog.personas) + len(catalog.spaces)):
            results.append(result)
            if not as_json:
                _print(result)
    personas = [result for result in results if isinstance(result, PersonaResult)]
    spaces = [result for result in results if isinstance(result, SpaceResult)]
    counts = Counter(persona.outcome for persona in personas)
    if as_json:
        summary = {outcome: counts[outcome] for outcome in OUTCOMES}
        listed = msgspec.to_builtins({"personas": personas, "spaces": spaces})
        print_json({"dryRun": dry_run, **listed, "summary": summary})
    else:
        summary_line = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
        print_summary(_space_summary(spaces), summary_line, dry_run=dry_run)
    members = [member for space in spaces for member in space.members]
    ctx.exit(any(result.outcome == "failed" for result in [*results, *members]))


def _print(result: PersonaResult | SpaceResult) -> None:
    changed = f"({', '.join(result.changed)})" if result.changed else ""
    if isinstance(result, PersonaResult):
        print_line(result.outcome, result.email, result.reason or changed)
        return
    details = result.reason or changed or f"({result.type}, owner {result.owner})"
    print_line(result.outcome, f"space {result.slug}", details)
    for member in result.members:
        subject = f"member {member.email} of {result.slug}"
        print_line(member.outcome, subject, member.reason or f"({member.role})")


def _space_summary(spaces: list[SpaceResult]) -> str:
    """A summary that names its nouns, so it is not confused with the summary of the personas."""
    of_spaces = Counter(space.outcome for space in spaces)
    of_members = Counter(member.outcome for space in spaces for member in space.members)
    return ", ".join(
        f"{count(counts[outcome], noun)} {outcome}"
        for noun, counts in {"space": of_spaces, "member": of_members}.items()
        for outcome in (*OUTCOMES, "removed")
        if counts[outcome]
    )
