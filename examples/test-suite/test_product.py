import pytest
from product import create_product


@pytest.fixture
def product(personas_app):
    keys = personas_app.test_client().get("/.well-known/jwks.json").json["keys"]
    return create_product(keys, issuer="http://localhost:5000").test_client()


@pytest.mark.parametrize("archetype", ["early-bird", "sceptic"])
def test_every_archetype_gets_in(product, any_persona, archetype):
    someone = any_persona(archetype=archetype)
    answer = product.get("/beta", headers=someone.headers)

    assert (answer.status_code, answer.text) == (200, f"Welcome, {someone.email}.")


def test_a_human_gets_in_when_an_admin_says_so(product, personas_app, admin):
    bob = {"email": "bob@example.org", "password": "a long enough password"}
    client = personas_app.test_client()
    answer = client.post("/api/v1/auth/register", json=bob).json
    user, token = answer["user"], answer["token"]
    assert product.get("/beta", headers={"Authorization": f"Bearer {token}"}).status_code == 403

    admin.client.patch(f"/api/v1/admin/users/{user['id']}", json={"accessTier": "beta"})

    token = client.post("/api/v1/auth/login", json=bob).json["token"]
    assert product.get("/beta", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_stranger_is_asked_to_log_in(product):
    assert product.get("/beta").status_code == 401
