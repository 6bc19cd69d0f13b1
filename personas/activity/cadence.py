"""When the next turn of a persona is due (contract, sections 1 and 4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
SATURDAY = 5


def due_before(now: datetime, zone: ZoneInfo) -> Mapping[str, datetime]:
    """Map each cadence to the instant since which a persona must have been idle to be due at `now`.

    A cadence without turns today, in `zone`, is left out.
    """
    instants = {"hourly": now - HOUR, "daily": now - DAY}
    if now.astimezone(zone).weekday() < SATURDAY:
        instants["weekdays"] = now - DAY
    return instants
