import pytest
from product import create_product


@pytest.fixture
def product(personas_app):
    keys = personas_app.test_client().get("/.well-known/jwks.json").json["keys"]
    return create_product(keys, issuer="http://localhost:5000").test_client()


@pytest.mark.parametrize("archetype", ["early-bird", "sceptic"])
def test_every_archetype_gets_in(product, any_persona, archetype):
    persona = any_persona(archetype=archetype)
    response = product.get("/beta", headers=persona.headers)

    assert (response.status_code, response.text) == (200, f"Welcome, {persona.email}.")


def test_a_human_gets_in_after_an_admin_raises_the_tier(product, personas_app, admin):
    bob = {"email": "bob@example.org", "password": "a long enough password"}
    client = personas_app.test_client()
    session = client.post("/api/v1/auth/register", json=bob).json
    user, token = session["user"], session["token"]
    assert product.get("/beta", headers={"Authorization": f"Bearer {token}"}).status_code == 403

    admin.client.patch(f"/api/v1/admin/users/{user['id']}", json={"accessTier": "beta"})

    token = client.post("/api/v1/auth/login", json=bob).json["token"]
    assert product.get("/beta", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_visitor_without_a_token_gets_401(product):
    assert product.get("/beta").status_code == 401
