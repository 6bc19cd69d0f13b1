"""The errors of calls to the service. Their messages are sentences and never contain a token."""

from collections.abc import Mapping


class ClientError(Exception):
    """A call to the service failed."""


class Unreachable(ClientError):
    """The service does not answer, or not in time."""


class UnexpectedAnswer(ClientError):
    """The answer is not one of a personas service."""


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
