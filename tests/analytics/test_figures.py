"""Means, medians, spreads and percentiles, compared with the standard library."""

import statistics
from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.analytics.figures import Ratings, percentile

COUNTS = st.tuples(*[st.integers(0, 30)] * 5)


@pytest.mark.parametrize(
    ("counts", "number", "mean", "median", "spread"),
    [
        ((0, 0, 0, 0, 0), 0, None, None, None),
        ((0, 0, 0, 0, 1), 1, 5, 5, 0),
        ((1, 0, 0, 0, 1), 2, 3, 3, 2),
        ((0, 0, 0, 1, 1), 2, 4.5, 4.5, 0.5),
        ((1, 0, 0, 0, 2), 3, 11 / 3, 5, 1.8856180831641267),
        ((1, 1, 1, 1, 1), 5, 3, 3, 1.4142135623730951),
        ((0, 0, 7, 0, 0), 7, 3, 3, 0),
        ((10**9, 0, 0, 0, 10**9), 2 * 10**9, 3, 3, 2),
    ],
)
def test_ratings_have_a_mean_a_median_and_a_spread(
    counts: tuple[int, ...],
    number: int,
    mean: float | None,
    median: float | None,
    spread: float | None,
) -> None:
    ratings = Ratings(counts)

    assert (ratings.number, ratings.mean, ratings.median) == (number, mean, median)
    assert ratings.spread == pytest.approx(spread)
    assert list(ratings.distribution.items()) == list(zip("12345", counts, strict=True))


@given(COUNTS.filter(any))
def test_ratings_match_the_standard_library(counts: tuple[int, ...]) -> None:
    single_ratings = [rating for rating in range(1, 6) for _ in range(counts[rating - 1])]
    ratings = Ratings(counts)

    assert ratings.mean == pytest.approx(statistics.fmean(single_ratings))
    assert ratings.median == statistics.median(single_ratings)
    assert ratings.spread == pytest.approx(statistics.pstdev(single_ratings))


@given(COUNTS, COUNTS)
def test_adding_ratings_adds_their_counts(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    together = Ratings(left) + Ratings(right)

    assert together.counts == tuple(a + b for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 1, 7),
        ([7], 100, 7),
        ([15, 20, 35, 40, 50], 5, 15),
        ([15, 20, 35, 40, 50], 30, 20),
        ([15, 20, 35, 40, 50], 40, 20),
        ([15, 20, 35, 40, 50], 50, 35),
        ([15, 20, 35, 40, 50], 100, 50),
        ([0, 1], 50, 0),
        ([0, 1], 51, 1),
        (range(1, 101), 95, 95),
        (range(1, 21), 95, 19),
        ([0, 0, 0, 2**31 - 1], 95, 2**31 - 1),
    ],
)
def test_percentile_is_the_value_of_the_nearest_rank(
    values: list[int], percent: int, expected: int | None
) -> None:
    assert percentile(Counter(values), percent) == expected


@given(st.lists(st.integers(0, 9), min_size=1), st.integers(1, 100))
def test_percentile_of_counts_equals_that_of_the_values(values: list[int], percent: int) -> None:
    result = percentile(Counter(values), percent)

    # the definition, in exact arithmetic: all factors are integers
    assert result == sorted(values)[ceil(percent * len(values) / 100) - 1]
    assert result == min(
        v for v in values if 100 * sum(w <= v for w in values) >= percent * len(values)
    )
