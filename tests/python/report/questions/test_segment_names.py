"""What segments and those who are in them are called."""

from __future__ import annotations

import pytest
from instacart.report.segment_names import (
    groups,
    members,
    membership,
    subject,
    topic,
)


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
            ("customers in the region South", "are in the region South"),
        ),
        (
            "customer_profile",
            "Senior parent, low income",
            ("senior parents of low income", "are senior parents of low income"),
        ),
        (
            "demographic_group",
            "Low income, small family",
            (
                "customers of low income with small families",
                "are of low income with small families",
            ),
        ),
        (
            "family_size",
            "No dependants",
            ("customers with no dependants", "have no dependants"),
        ),
        (
            "adventurousness_flag",
            "Creature of habit",
            ("creatures of habit", "are creatures of habit"),
        ),
        (
            "age_group",
            "Middle-aged",
            ("customers who are middle-aged", "are middle-aged"),
        ),
        ("loyalty_flag", "VIP customer", ("VIP customers", "are VIP customers")),
        (
            "loyalty_flag",
            "Regular, loyal customer",
            (
                "customers in the segment “Regular, loyal customer”",
                "are in the segment “Regular, loyal customer”",
            ),
        ),
        (
            "loyalty_flag",
            "Young parent, loyal customer",
            (
                "customers in the segment “Young parent, loyal customer”",
                "are in the segment “Young parent, loyal customer”",
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
                "customers in the segment “Carnivore”",
                "are in the segment “Carnivore”",
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
        ("region", ("regions", "region", "region")),
        ("loyalty_flag", ("segments by loyalty", "segment", "loyalty")),
        ("is_parent", ("parents and others", "segment", "being a parent")),
        (
            "has_bought_meat",
            (
                "customers who have bought meat and others",
                "segment",
                "having bought meat",
            ),
        ),
    ],
)
def test_segments_are_called_by_their_type(
    segment_type: str, expected: tuple[str, str, str]
) -> None:
    named = groups(segment_type), subject(segment_type), topic(segment_type)
    assert named == expected
