"""What a browser is shown of an account, and what every page has in common."""

import re

import pytest
from flask.testing import FlaskClient

from tests.people import Account
from tests.web.visitor import HTML

PAGES = pytest.mark.parametrize("path", ["/", "/me"])
OPEN = ["/login", "/forgot-password", "/reset-password", "/verify-email", "/docs"]


@PAGES
def test_a_logged_in_browser_is_shown_its_account(
    client: FlaskClient, ann: Account, path: str
) -> None:
    answer = client.get(path, headers={"Cookie": ann.cookie})

    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    for word in ("ann@example.org", "not confirmed", "human", "user", "public"):
        assert word in answer.text


def test_a_name_is_text(client: FlaskClient, ann: Account, admin: Account) -> None:
    name = "</bdi></title><script>alert(1)</script>\"'&"
    before = client.get("/me", headers={"Cookie": ann.cookie})
    changed = client.patch(
        f"/api/v1/admin/users/{ann.id}", json={"name": name}, headers=admin.headers
    )
    answer = client.get("/me", headers={"Cookie": ann.cookie})

    assert changed.status_code == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in answer.text
    assert re.findall("<[^>]*>", answer.text) == re.findall("<[^>]*>", before.text)


@pytest.mark.parametrize("path", OPEN)
def test_open_pages_need_no_account(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert ">Log in</a>" in answer.text


@pytest.mark.parametrize("path", [*OPEN, "/static/page.css"])
def test_unknown_query_parameters_are_ignored(client: FlaskClient, path: str) -> None:
    with client.get(f"{path}?utm_source=mail&utm_source=twice&next=/me") as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", [*OPEN, "/me", "/nowhere"])
def test_every_page_has_the_same_frame(client: FlaskClient, ann: Account, path: str) -> None:
    cookie = {} if path == "/login" else {"Cookie": ann.cookie}
    text = client.get(path, headers=HTML | cookie).text

    for part in (
        '<html lang="en">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<a class="skip" href="#content">',
        '<a class="brand" href="/">personas</a>',
        '<nav aria-label="Pages">',
        '<a href="/docs"',
        '<main id="content"',
    ):
        assert text.count(part) == 1, part
    assert len(re.findall("<h1[ >]", text)) == (0 if path == "/docs" else 1)
    log_out = '<form method="post" action="/logout"><button class="quiet">Log out</button></form>'
    assert (log_out in text) is (path != "/login")


@pytest.mark.parametrize("path", [*OPEN, "/me", "/nowhere"])
def test_no_page_holds_a_script_or_a_style_of_its_own(
    client: FlaskClient, ann: Account, path: str
) -> None:
    text = client.get(path, headers=HTML | {"Cookie": ann.cookie}).text

    assert not re.search(r"<style|<script[^>]*>[^<]|\sstyle=|\son[a-z]+=|javascript:", text)


@pytest.mark.parametrize("path", [*OPEN, "/me", "/nowhere"])
def test_links_stay_below_the_prefix_and_name_no_host(
    client: FlaskClient, ann: Account, path: str
) -> None:
    headers = HTML | ({} if path == "/login" else {"Cookie": ann.cookie})
    text = client.get(path, headers=headers, base_url="http://evil.example/tools/personas").text

    links = re.findall(r'(?:href|src|action)="([^"]*)"', text)
    assert len(links) > 5
    assert [link for link in links if not link.startswith(("/tools/personas/", "#"))] == []


@pytest.mark.parametrize("path", ["/login", "/verify-email", "/reset-password", "/forgot-password"])
def test_every_form_is_a_post(client: FlaskClient, path: str) -> None:
    forms = re.findall("<form[^>]*>", client.get(path).text)

    assert forms
    assert all('method="post"' in form for form in forms)


@pytest.mark.parametrize("path", ["/", "/me", "/docs"])
def test_pages_without_a_form_are_read_only(client: FlaskClient, ann: Account, path: str) -> None:
    assert client.post(path, headers={"Cookie": ann.cookie}).status_code == 405
