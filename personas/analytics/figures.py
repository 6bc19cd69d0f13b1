"""Statistics of counted values: ratings from 1 to 5, and latencies."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Ratings:
    """How often each rating from 1 to 5 was given. Without ratings, mean, median and spread are
    None."""

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
        """The middle rating; of an even number, the mean of the two in the middle."""
        if not self.number:
            return None
        return (self._at((self.number + 1) // 2) + self._at(self.number // 2 + 1)) / 2

    @property
    def spread(self) -> float | None:
        """The population standard deviation: 0 if all ratings are equal, at most 2."""
        if not self.number:
            return None
        return sqrt(self.number * self._sum(2) - self._sum(1) ** 2) / self.number

    def _sum(self, power: int) -> int:
        return sum(rating**power * count for rating, count in enumerate(self.counts, 1))

    def _at(self, rank: int) -> int:
        return _value_at(dict(enumerate(self.counts, 1)), rank)


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """Return the nearest-rank percentile of values, counted by value, or None if there are none.

    It is the smallest of the values that at least `percent` (1 to 100) per cent do not exceed.
    """
    number = sum(counts.values())
    return _value_at(counts, -(-percent * number // 100)) if number else None


def _value_at(counts: Mapping[int, int], rank: int) -> int:
    """Return the value at `rank`, from 1, in ascending order."""
    reached = 0
    for value in sorted(counts):
        reached += counts[value]
        if reached >= rank:
            break
    return value
