"""The plan of a space: what making it as the catalog says would change."""

import pytest

from personas.seeding.catalog import SpaceEntry
from personas.seeding.space_plan import Found, Holder, SpacePlan, left_empty, plan_space

WANTED = SpaceEntry(
    slug="flat", name="The flat", type="family", owner="zoe", members={"abe": "member"}
)


def found(*, name: str = "The flat", space_type: str = "family", **members: str) -> Found:
    seats = {email: Holder(f"id of {email}", role) for email, role in members.items()}
    return Found(id="1", slug="flat", name=name, type=space_type, members=seats)


def words(plan: SpacePlan) -> dict[str, str]:
    return {member.email: member.word for member in plan.members}


def test_what_is_not_there_is_created_with_its_members() -> None:
    plan = plan_space(WANTED, None)

    assert (plan.word, plan.changed, plan.fault) == ("created", (), None)
    assert words(plan) == {"abe": "created"}
    assert [member.role for member in plan.members] == ["member"]


def test_what_is_as_described_is_unchanged() -> None:
    plan = plan_space(WANTED, found(zoe="owner", abe="member"))

    assert (plan.word, plan.changed, plan.fault) == ("unchanged", (), None)
    assert words(plan) == {"abe": "unchanged"}
    assert plan.differs == {}


def test_another_name_is_an_update_and_no_fault() -> None:
    plan = plan_space(WANTED, found(name="Home", zoe="owner", abe="member"))

    assert (plan.word, plan.changed, plan.fault) == ("updated", ("name",), None)
    assert plan.differs == {"name": ("The flat", "Home")}


def test_members_are_missing_changed_or_extra() -> None:
    assert words(plan_space(WANTED, found(zoe="owner"))) == {"abe": "created"}
    assert words(plan_space(WANTED, found(zoe="owner", abe="admin"))) == {"abe": "updated"}
    extra = plan_space(WANTED, found(zoe="owner", abe="member", kim="admin")).members[1]
    assert (extra.email, extra.word, extra.role) == ("kim", "extra", "admin")


@pytest.mark.parametrize(
    ("there", "owner"),
    [
        (found(abe="owner"), "abe"),
        (found(abe="owner", zoe="member"), "abe"),
        (found(ann="owner", zoe="member"), "ann"),
        (found(ann="owner", zoe="owner"), "ann and zoe"),
        (found(zoe="admin"), "nobody"),
    ],
)
def test_a_space_of_somebody_else_is_not_the_catalog_s(there: Found, owner: str) -> None:
    plan = plan_space(WANTED, there)

    assert plan.differs == {"owner": ("zoe", owner)}
    assert plan.fault == f"This space stays as it is: its owner is {owner}, not zoe."


def test_a_listed_member_who_became_an_owner_too_is_put_right() -> None:
    plan = plan_space(WANTED, found(zoe="owner", abe="owner"))

    assert plan.fault is None
    assert words(plan) == {"abe": "updated"}


def test_a_space_of_another_type_is_not_the_catalog_s() -> None:
    plan = plan_space(WANTED, found(space_type="personal", name="Ann", ann="owner"))

    assert plan.fault == (
        "This space stays as it is: its type is personal, not family; its owner is ann, not zoe."
    )


def test_a_shared_space_goes_with_the_last_of_its_members() -> None:
    alone, both = found(zoe="owner"), found(zoe="owner", ann="member")
    personal = found(space_type="personal", zoe="owner")

    assert left_empty([alone, both, personal], {"zoe", "abe"}) == [alone]
