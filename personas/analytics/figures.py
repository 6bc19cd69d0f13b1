"""The statistics of what was counted: of ratings from 1 to 5, and of latencies."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Ratings:
    """How often each rating was given, from 1 to 5. Of no ratings there is no mean, median or
    spread."""

    counts: tuple[int, ...] = (0, 0, 0, 0, 0)

    def __add__(self, other: "Ratings") -> "Ratings":
        return Ratings(tuple(map(sum, zip(self.counts, other.counts, strict=True))))

    @property
    def number(self) -> int:
        return sum(self.counts)

    @property
    def distribution(self) -> dict[str, int]:
        return {str(rating): count for rating, count in enumerate(self.counts, 1)}

    @property
    def mean(self) -> float | None:
        return self._sum(1) / self.number if self.number else None

    @property
    def median(self) -> float | None:
        """The middle one; of an even number, half-way between the two in the middle."""
        if not self.number:
            return None
        return (self._at((self.number + 1) // 2) + self._at(self.number // 2 + 1)) / 2

    @property
    def spread(self) -> float | None:
        """The population standard deviation: 0 where all agree, at most 2."""
        if not self.number:
            return None
        return sqrt(self.number * self._sum(2) - self._sum(1) ** 2) / self.number

    def _sum(self, power: int) -> int:
        return sum(rating**power * count for rating, count in enumerate(self.counts, 1))

    def _at(self, rank: int) -> int:
        return _ranked(dict(enumerate(self.counts, 1)), rank)


def percentile(counted: Mapping[int, int], percent: int) -> int | None:
    """The nearest-rank percentile of values counted by value: the least of them that at least
    `percent` (1 to 100) per cent do not exceed; so it is always one of them. None of none."""
    number = sum(counted.values())
    return _ranked(counted, -(-percent * number // 100)) if number else None


def _ranked(counted: Mapping[int, int], rank: int) -> int:
    """The value that comes at `rank`, from 1, when all are put in order."""
    reached = 0
    for value in sorted(counted):
        reached += counted[value]
        if reached >= rank:
            break
    return value
