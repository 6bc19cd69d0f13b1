"""The plan of a space: what a seed would change to make it match the catalog."""

import pytest

from personas.seeding.catalog import SpaceEntry
from personas.seeding.space_plan import SpacePlan, left_empty, plan_space
from personas.seeding.store import Membership, StoredSpace

FLAT = SpaceEntry(
    slug="flat", name="The flat", type="family", owner="zoe", members={"abe": "member"}
)


def stored(*, name: str = "The flat", space_type: str = "family", **roles: str) -> StoredSpace:
    members = {email: Membership(f"id of {email}", role) for email, role in roles.items()}
    return StoredSpace(id="1", slug="flat", name=name, type=space_type, members=members)


def outcomes(plan: SpacePlan) -> dict[str, str]:
    return {member.email: member.outcome for member in plan.members}


def test_a_missing_space_is_created_with_its_members() -> None:
    plan = plan_space(FLAT, None)

    assert (plan.outcome, plan.changed, plan.conflict) == ("created", (), None)
    assert outcomes(plan) == {"abe": "created"}
    assert [member.role for member in plan.members] == ["member"]


def test_a_space_as_described_is_unchanged() -> None:
    plan = plan_space(FLAT, stored(zoe="owner", abe="member"))

    assert (plan.outcome, plan.changed, plan.conflict) == ("unchanged", (), None)
    assert outcomes(plan) == {"abe": "unchanged"}
    assert plan.differs == {}


def test_another_name_is_an_update_and_not_a_fault() -> None:
    plan = plan_space(FLAT, stored(name="Home", zoe="owner", abe="member"))

    assert (plan.outcome, plan.changed, plan.conflict) == ("updated", ("name",), None)
    assert plan.differs == {"name": ("The flat", "Home")}


def test_members_are_missing_changed_or_extra() -> None:
    assert outcomes(plan_space(FLAT, stored(zoe="owner"))) == {"abe": "created"}
    assert outcomes(plan_space(FLAT, stored(zoe="owner", abe="admin"))) == {"abe": "updated"}
    extra = plan_space(FLAT, stored(zoe="owner", abe="member", kim="admin")).members[1]
    assert (extra.email, extra.outcome, extra.role) == ("kim", "extra", "admin")


@pytest.mark.parametrize(
    ("space", "owner"),
    [
        (stored(abe="owner"), "abe"),
        (stored(abe="owner", zoe="member"), "abe"),
        (stored(ann="owner", zoe="member"), "ann"),
        (stored(ann="owner", zoe="owner"), "ann and zoe"),
        (stored(zoe="admin"), "nobody"),
    ],
)
def test_a_space_of_another_owner_is_a_fault(space: StoredSpace, owner: str) -> None:
    plan = plan_space(FLAT, space)

    assert plan.differs == {"owner": ("zoe", owner)}
    assert plan.conflict == f"This space is not changed: its owner is {owner}, not zoe."


def test_a_listed_member_who_became_an_owner_is_updated() -> None:
    plan = plan_space(FLAT, stored(zoe="owner", abe="owner"))

    assert plan.conflict is None
    assert outcomes(plan) == {"abe": "updated"}


def test_a_space_of_another_type_is_a_fault() -> None:
    plan = plan_space(FLAT, stored(space_type="personal", name="Ann", ann="owner"))

    assert plan.conflict == (
        "This space is not changed: its type is personal, not family; its owner is ann, not zoe."
    )


def test_a_shared_space_is_deleted_with_its_last_members() -> None:
    alone, both = stored(zoe="owner"), stored(zoe="owner", ann="member")
    personal = stored(space_type="personal", zoe="owner")

    assert left_empty([alone, both, personal], {"zoe", "abe"}) == [alone]
