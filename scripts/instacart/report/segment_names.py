"""What segment types, segments and those who are in them are called in a sentence."""

from __future__ import annotations

from instacart import words

# Segment types whose names don't say it.
TYPES = {
    "customer_profile": "profile",
    "is_parent": "parents or not",
    "has_bought_babies": "bought for babies",
    "has_bought_pets": "bought for pets",
}
# How names of types end whose segments are called after them: regions, age groups.
COUNTED = ("region", "gender", "group", "size", "profile")
# How labels end that say what a customer is of: high activity, low income.
MEASURED = ("activity", "income")
# How labels start or end that say how a customer is: open to suggestion, married.
ADJECTIVES = ("open to", "living with")
ADJECTIVE_ENDINGS = ("male", "aged", "single", "married", "widowed")
# What customers did who are in a segment of has_bought_meat, in words.
BOUGHT = {"Yes": "have {}", "No": "have never {}"}


def type_name(segment_type: str) -> str:
    """A segment type in words: age group, loyalty, bought meat."""
    plain = segment_type.removeprefix("has_")
    for ending in ("_flag", "_segment"):
        plain = plain.removesuffix(ending)
    return TYPES.get(segment_type, plain.replace("_", " "))


def topic(segment_type: str) -> str:
    """A segment type as what a sentence is on: loyalty, having bought meat."""
    name = type_name(segment_type)
    if name.endswith("s or not"):
        return f"being a {name.removesuffix('s or not')}"
    return f"having {name}" if segment_type.startswith("has_bought_") else name


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
    """Those in a segment, in mid-sentence: loyal customers, seniors of low income.

    A label whose words fit no sentence is quoted.
    """
    if segment_type.startswith("has_bought_") and segment in BOUGHT:
        return f"customers who {BOUGHT[segment].format(type_name(segment_type))}"
    if segment_type == "region":
        return f"customers in the region {segment}"
    parts = segment.split(", ")
    nouns = [one for one in parts if words.several(one)]
    traits = [_trait(one) for one in parts if one not in nouns]
    if len(nouns) > 1 or not all(traits):
        return f"customers in the segment “{segment}”"
    who = words.segment(nouns[0]) if nouns else "customers"
    return " ".join([who, *traits])


def membership(segment_type: str, segment: str) -> str:
    """That some are in a segment: are loyal customers, are in the region South."""
    named = members(segment_type, segment)
    trait = named.removeprefix("customers ")
    if trait == named:
        return f"are {named}"
    if trait.startswith("who "):
        return trait.removeprefix("who ")
    if trait.startswith("with "):
        return f"have {trait.removeprefix('with ')}"
    return f"are {trait}"


def _trait(label: str) -> str:
    """What a label that is no noun says of customers; nothing, if that is unclear."""
    text = words.lower(label)
    if text.startswith("no "):
        return f"with {text}"
    if text.endswith(" family"):
        return f"with {text.removesuffix('y')}ies"
    if text.endswith(MEASURED):
        return f"of {text}"
    if text.startswith(ADJECTIVES) or text.endswith(ADJECTIVE_ENDINGS):
        return f"who are {text}"
    return ""
