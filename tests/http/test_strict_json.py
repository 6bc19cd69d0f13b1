"""The strict reader of request bodies."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from personas.http.strict_json import MAX_DEPTH, NotStrictJSON, TooManyValues, parse

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"
JSON = "application/json"


def nested(levels: int, *, of: str = "[]") -> bytes:
    """An object with `levels` levels, including itself."""
    opening, closing = ("[", "]") if of == "[]" else ('{"a":', "}")
    return ('{"a":' + opening * (levels - 1) + "1" + closing * (levels - 1) + "}").encode()


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "truncated": b'{"a": 1',
    "two objects": b"{} {}",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "comment": b"{} // none",
    "no quotes": b"{a: 1}",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "-Infinity": b'{"a": [-Infinity]}',
    "1e400": b'{"a": 1e400}',
    "-1e400": b'{"a": {"b": -1E+400}}',
    "long float": b'{"a": ' + b"9" * 400 + b".5}",
    "5000 digits": b'{"a": ' + b"1" * 5000 + b"}",
    "-5000 digits": b'{"a": -' + b"1" * 5000 + b"}",
    "leading zero": b'{"a": 01}',
    "plus": b'{"a": +1}',
    "hexadecimal": b'{"a": 0x1}',
    "no digits": b'{"a": 1.}',
    "duplicate key": b'{"a": 1, "a": 1}',
    "duplicate key below": b'{"b": [{"a": 1, "a": 2}]}',
    "duplicate key, escaped": b'{"a": 1, "\\u0061": 2}',
    "list": b"[]",
    "list of objects": b"[{}]",
    "null": b"null",
    "text": b'"x"',
    "number": b"1",
    "true": b"true",
    "invalid UTF-8": b'{"a": "\xff"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "Latin-1": '{"a": "ä"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16, no mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32-be"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "line break in text": b'{"a": "x\ny"}',
    "NUL in text": b'{"a": "x\0y"}',
    "half an escape": b'{"a": "\\ud83"}',
    "33 lists": nested(33),
    "33 objects": nested(33, of="{}"),
    "1000 levels": nested(1000),
    "very deep lists": b'{"a":' + b"[" * 200_000,
    "very deep objects": b'{"a":' * 150_000,
    "very deep closed lists": nested(200_000),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_anything_but_a_json_object_is_malformed(raw: bytes) -> None:
    with pytest.raises(NotStrictJSON):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b" { } ", {}),
        (b'{"a": [1, -0.5, 1e3, true, null, "x", {}]}', {"a": [1, -0.5, 1e3, True, None, "x", {}]}),
        (b'{"a": 9223372036854775808}', {"a": 2**63}),
        (b'{"a": 1e-400}', {"a": 0.0}),
        ('{"ä": "🔑"}'.encode(), {"ä": "🔑"}),
        (b'{"a": "\\ud83d\\udd11"}', {"a": "🔑"}),
        (b'{"a": {"a": 1}, "b": {"a": 1}}', {"a": {"a": 1}, "b": {"a": 1}}),
        (b'{"": 1, "A": 2, "a": 3}', {"": 1, "A": 2, "a": 3}),
    ],
)
def test_a_json_object_is_read(raw: bytes, value: dict[str, Any]) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize("of", ["[]", "{}"])
def test_thirty_two_levels_are_accepted(of: str) -> None:
    assert parse(nested(MAX_DEPTH, of=of))["a"]


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
def test_a_malformed_body_is_a_bad_request(client: FlaskClient, path: str) -> None:
    answers = {
        name: client.post(path, data=raw, content_type=JSON) for name, raw in MALFORMED.items()
    }

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        MALFORMED, 400
    )
    assert {answer.content_type for answer in answers.values()} == {"application/problem+json"}


@pytest.mark.parametrize(
    ("raw", "status", "detail"),
    [
        (b"{", 400, "The body is not valid JSON."),
        (b"[]", 400, "The body must be a JSON object."),
        (b'{"a": NaN}', 400, "The body contains NaN, which is not JSON."),
        (b'{"a": 1e400}', 400, "The body contains a number that is too large."),
        (b'{"a": 1, "a": 1}', 400, "The body contains a key twice in one object."),
        (nested(33), 400, "The body is nested more than 32 levels deep."),
        (b'{"a": [' + b"1," * 20_000 + b"1]}", 422, "The body contains more than 20,000 values."),
    ],
)
def test_the_detail_says_why_a_body_is_refused(
    client: FlaskClient, raw: bytes, status: int, detail: str
) -> None:
    answer = client.post(REGISTER, data=raw, content_type=JSON)

    assert (answer.status_code, answer.get_json()["detail"]) == (status, detail)


def test_a_problem_has_the_standard_members(client: FlaskClient) -> None:
    answer = client.post(REGISTER, data=b"{", content_type=JSON)

    assert list(answer.get_json()) == ["type", "title", "status", "detail"]
    assert answer.get_json()["title"] == "Bad Request"
    assert answer.get_json()["status"] == 400


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (nested(32), "a"),
        (b'{"email": "ann\\ud800@example.org"}', "email"),
        (b'{"email": "ann\\u0000@example.org"}', "email"),
        (b'{"name": "\\udc00"}', "name"),
        (b'{"name": "\\u0000"}', "name"),
        (b'{"password": "a long enough password \\ud800"}', "password"),
        (b'{"password": "a long enough password \\u0000"}', "password"),
        (b'{"\\ud800": 1}', "?"),
        (b'{"\\u0000": 1}', "\0"),
        (b'{"name": 9223372036854775808}', "name"),
    ],
)
def test_an_invalid_value_is_named_in_the_errors(
    client: FlaskClient, raw: bytes, path: str
) -> None:
    answer = client.post(REGISTER, data=raw, content_type=JSON)

    assert answer.status_code == 422
    assert path in answer.get_json()["errors"]
    assert list(answer.get_json()) == ["type", "title", "status", "detail", "errors"]


def test_many_unknown_keys_get_a_short_response(client: FlaskClient) -> None:
    body = {f"{n}{'x' * 300}": n for n in range(3000)}

    answer = client.post(REGISTER, json=body)

    assert answer.status_code == 422
    assert len(answer.data) < 100_000


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": [' + b"[]," * 2_000_000 + b"1]}",
        b'{"a": [' + b'{"b": {"c": 1}},' * 500_000 + b"1]}",
    ],
)
def test_millions_of_values_are_refused_before_parsing(
    raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("json.loads", lambda *_args, **_kwargs: pytest.fail("it was read"))

    with pytest.raises(TooManyValues):
        parse(raw)


@pytest.mark.parametrize("end", [b'"}', b"", b"\\"])
@pytest.mark.parametrize("text", [b",[{", b'\\"', b"\\\\", b"\\,"])
def test_the_content_of_a_string_is_not_counted_as_values(text: bytes, end: bytes) -> None:
    try:
        assert len(parse(b'{"a": "' + text * 50_000 + end)["a"]) >= 50_000
    except TooManyValues:
        pytest.fail("it was counted")
    except NotStrictJSON:
        assert end != b'"}' or text == b"\\,"
