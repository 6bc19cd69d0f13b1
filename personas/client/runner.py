"""The runner's part of the API, with a service key (contract, section 4)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from personas.client.answers import Due, Written
from personas.client.transport import MAX_WAIT, TIMEOUT, Credential, Transport

PERSONAS = "/api/v1/internal/personas"

T = TypeVar("T")
Row = Mapping[str, object]  # by wire names


class RunnerClient(Transport):
    """A connection to the service as a runner. Every method raises ClientError."""

    def __init__(
        self, url: str, *, key: str, timeout: float = TIMEOUT, max_wait: float = MAX_WAIT
    ) -> None:
        super().__init__(url, timeout=timeout, max_wait=max_wait)
        self._credential = Credential(key, header="X-Service-Key", prefix="")

    def due(self) -> Due:
        """Return the personas that are due, and the service's time."""
        return self._call("GET", f"{PERSONAS}/due", Due)

    def report_actions(self, user_id: str, actions: Sequence[Row]) -> Written:
        """Report 1 to 500 tool calls as one batch."""
        body = {"actions": actions}
        return self._call("POST", f"{PERSONAS}/{user_id}/actions", Written, json=body)

    def report_feedback(self, user_id: str, feedback: Sequence[Row]) -> Written:
        """Report 1 to 100 ratings as one batch."""
        body = {"feedback": feedback}
        return self._call("POST", f"{PERSONAS}/{user_id}/feedback", Written, json=body)

    def _call(self, method: str, path: str, answer: type[T], **content: Any) -> T:
        """All calls are safe to repeat: the rows of a repeated batch count as duplicates."""
        credential = self._credential
        return self._send(
            method, path, answer, credential=credential, is_repeatable=True, **content
        )
