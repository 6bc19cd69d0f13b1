"""Fixtures of the audit tests."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.people import Account

AUDIT = "/api/v1/admin/audit"
USERS = "/api/v1/admin/users"


@pytest.fixture
def events(client: FlaskClient, admin: Account) -> Callable[..., Any]:
    """The events as the admin gets them: `events(action="user.update")`."""

    def events(**query: Any) -> Any:
        answer = client.get(AUDIT, headers=admin.headers, query_string=query)
        assert answer.status_code == 200
        return answer.get_json()["events"]

    return events


@pytest.fixture
def changed_ann(client: FlaskClient, admin: Account, ann: Account) -> Account:
    """Ann, changed three times by the admin."""
    for change in ({"name": "Anna"}, {"role": "admin"}, {"role": "user", "accessTier": "beta"}):
        client.patch(f"{USERS}/{ann.id}", json=change, headers=admin.headers)
    return ann
