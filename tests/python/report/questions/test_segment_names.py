"""What segments and those who are in them are called."""

from __future__ import annotations

import pytest
from instacart.report.segment_names import groups, members, membership, subject


@pytest.mark.parametrize(
    ("segment_type", "segment", "expected"),
    [
        ("loyalty_flag", "Loyal customer", ("loyal customers", "are loyal customers")),
        ("is_parent", "Non-parent", ("non-parents", "are non-parents")),
        (
            "activity_flag",
            "High activity",
            ("customers of high activity", "are of high activity"),
        ),
        (
            "region",
            "South",
            ("customers whose region is South", "have the region South"),
        ),
        (
            "customer_profile",
            "Senior parent, low income",
            (
                "customers whose profile is Senior parent, low income",
                "have the profile Senior parent, low income",
            ),
        ),
        (
            "has_bought_meat",
            "Yes",
            ("customers who have bought meat", "have bought meat"),
        ),
        (
            "has_bought_pets",
            "No",
            ("customers who have never bought for pets", "have never bought for pets"),
        ),
        (
            "has_bought_meat",
            "Carnivore",
            (
                "customers whose bought meat is Carnivore",
                "have the bought meat Carnivore",
            ),
        ),
    ],
)
def test_those_in_a_segment_are_called_by_it(
    segment_type: str, segment: str, expected: tuple[str, str]
) -> None:
    named = members(segment_type, segment), membership(segment_type, segment)
    assert named == expected


@pytest.mark.parametrize(
    ("segment_type", "expected"),
    [
        ("region", ("regions", "region")),
        ("loyalty_flag", ("segments by loyalty", "segment")),
        ("is_parent", ("parents and others", "segment")),
        ("has_bought_meat", ("customers who have bought meat and others", "segment")),
    ],
)
def test_segments_are_called_by_their_type(
    segment_type: str, expected: tuple[str, str]
) -> None:
    assert (groups(segment_type), subject(segment_type)) == expected
