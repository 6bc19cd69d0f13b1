"""A browser without a script: forms, cookies, and the headers that a browser sends."""

from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FORM = "application/x-www-form-urlencoded"


def post(
    client: FlaskClient,
    path: str,
    form: dict[str, str] | None = None,
    *,
    headers: dict[str, str] | None = None,
    **options: Any,
) -> TestResponse:
    """Send a form from a page of ours."""
    return client.post(
        path,
        data=urlencode(form or {}),
        content_type=FORM,
        headers=HTML | SAME_ORIGIN | (headers or {}),
        **options,
    )
