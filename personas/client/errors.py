"""What a call to the service raises: sentences for people, none of which shows a token."""

from collections.abc import Mapping


class ClientError(Exception):
    """A call failed. The text is a sentence for people, and holds no token."""


class Unreachable(ClientError):
    """Nothing answers at this address, or not in time."""


class UnexpectedAnswer(ClientError):
    """Something answers at this address, but not like this service."""


class ProblemError(ClientError):
    """An error that the service describes (RFC 9457); `errors` maps a field's path to its
    messages."""

    def __init__(
        self, status: int, title: str, detail: str, errors: Mapping[str, list[str]]
    ) -> None:
        super().__init__(status, title, detail, errors)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors

    def __str__(self) -> str:
        fields = [f"{path}: {' '.join(messages)}" for path, messages in self.errors.items()]
        return " ".join(fields) or self.detail
