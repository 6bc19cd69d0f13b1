"""The runner's part of the API, by a service key (contract, section 4)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from personas.client.answers import Due, Written
from personas.client.transport import PATIENCE, TIMEOUT, Credential, Transport

PERSONAS = "/api/v1/internal/personas"

T = TypeVar("T")
Row = Mapping[str, object]  # by wire names


class RunnerClient(Transport):
    """A connection to the service as a runner."""

    def __init__(
        self, url: str, *, key: str, timeout: float = TIMEOUT, patience: float = PATIENCE
    ) -> None:
        super().__init__(url, timeout=timeout, patience=patience)
        self._credential = Credential(key, header="X-Service-Key", prefix="")

    def due(self) -> Due:
        """The personas whose turn has come, and the time of the service."""
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
        """All calls are safe to repeat: a batch that is sent again is recognised."""
        credential = self._credential
        return self._send(
            method, path, answer, credential=credential, is_repeatable=True, **content
        )
