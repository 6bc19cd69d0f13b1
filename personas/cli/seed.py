"""`flask personas seed`."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from personas.cli.catalog import catalog_option, load
from personas.cli.group import DatabaseCommand, dry_run_option, json_option, print_json
from personas.cli.output import count, print_line, print_summary, with_progress
from personas.cli.target import auth_options, target
from personas.seeding.personas import Seeded
from personas.seeding.seed import seed_catalog
from personas.seeding.spaces import SeededSpace

WORDS = ("created", "updated", "unchanged", "failed")


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

    Safe to repeat. Prints "created", "updated" or "unchanged" for each persona, space and member.
    Continues after a failure, then exits with 1. A bad catalog exits with 2, and nothing is
    written. With --auth, passwords are derived on this machine: PERSONA_SEED_SECRET must be the
    same as the service's.
    """
    catalog = load(path, auth)
    done: list[Seeded | SeededSpace] = []
    with target(auth, jwt) as place:
        work = seed_catalog(catalog, place, dry_run=dry_run, prune=prune_spaces)
        for seeded in with_progress(work, len(catalog.personas) + len(catalog.spaces)):
            done.append(seeded)
            if not as_json:
                _print(seeded)
    personas = [seeded for seeded in done if isinstance(seeded, Seeded)]
    spaces = [seeded for seeded in done if isinstance(seeded, SeededSpace)]
    counts = Counter(persona.word for persona in personas)
    if as_json:
        summary = {word: counts[word] for word in WORDS}
        listed = {"personas": [*map(asdict, personas)], "spaces": [*map(asdict, spaces)]}
        print_json({"dryRun": dry_run, **listed, "summary": summary})
    else:
        persona_summary = ", ".join(f"{counts[word]} {word}" for word in WORDS)
        print_summary(_space_summary(spaces), persona_summary, dry_run=dry_run)
    members = [member for space in spaces for member in space.members]
    ctx.exit(any(result.word == "failed" for result in [*done, *members]))


def _print(seeded: Seeded | SeededSpace) -> None:
    changed = f"({', '.join(seeded.changed)})" if seeded.changed else ""
    if isinstance(seeded, Seeded):
        print_line(seeded.word, seeded.email, seeded.reason or changed)
        return
    details = seeded.reason or changed or f"({seeded.type}, owner {seeded.owner})"
    print_line(seeded.word, f"space {seeded.slug}", details)
    for member in seeded.members:
        subject = f"member {member.email} of {seeded.slug}"
        print_line(member.word, subject, member.reason or f"({member.role})")


def _space_summary(spaces: list[SeededSpace]) -> str:
    """A summary that names its nouns, so it is not confused with the summary of the personas."""
    space_counts = Counter(space.word for space in spaces)
    member_counts = Counter(member.word for space in spaces for member in space.members)
    counts_by_noun = {"space": space_counts, "member": member_counts}
    return ", ".join(
        f"{count(counts[word], noun)} {word}"
        for noun, counts in counts_by_noun.items()
        for word in (*WORDS, "removed")
        if counts[word]
    )
