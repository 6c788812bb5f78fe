"""What segments and those who are in them are called in a sentence."""

from __future__ import annotations

from instacart import words
from instacart.report.segments import type_name

# How names of types end whose segments are called after them: regions, age groups.
COUNTED = ("region", "gender", "group", "size", "profile")
# How labels end that say what a customer is of: high activity, low income.
MEASURED = ("activity", "income")
# What customers did who are in a segment of has_bought_meat, in words.
BOUGHT = {"Yes": "have {}", "No": "have never {}"}


def groups(segment_type: str) -> str:
    """The segments of a type, in mid-sentence: regions, segments by loyalty."""
    name = type_name(segment_type)
    if name.endswith(COUNTED):
        return f"{name}s"
    if name.endswith(" or not"):
        return f"{name.removesuffix(' or not')} and others"
    if segment_type.startswith("has_bought_"):
        return f"customers who have {name} and others"
    return f"segments by {name}"


def subject(segment_type: str) -> str:
    """What one of them is called: region, segment."""
    name = type_name(segment_type)
    return name if name.endswith(COUNTED) else "segment"


def members(segment_type: str, segment: str) -> str:
    """Those in a segment, in mid-sentence: loyal customers."""
    if _is_noun(segment):
        return words.segment(segment)
    if segment.endswith(MEASURED) and "," not in segment:
        return f"customers of {words.lower(segment)}"
    if bought := _bought(segment_type, segment):
        return f"customers who {bought}"
    return f"customers whose {type_name(segment_type)} is {segment}"


def membership(segment_type: str, segment: str) -> str:
    """That some are in a segment: are loyal customers, have the region South."""
    if _is_noun(segment):
        return f"are {words.segment(segment)}"
    if segment.endswith(MEASURED) and "," not in segment:
        return f"are of {words.lower(segment)}"
    bought = _bought(segment_type, segment)
    return bought or f"have the {type_name(segment_type)} {segment}"


def _is_noun(segment: str) -> bool:
    """Whether a label says what a customer is."""
    return words.group(segment) == f"{segment}s"


def _bought(segment_type: str, segment: str) -> str:
    """What those in a segment did, if that divides customers by what they bought."""
    if not segment_type.startswith("has_bought_"):
        return ""
    return BOUGHT.get(segment, "").format(type_name(segment_type))
