"""Words that fabricated names of products and customers are put together from."""

from __future__ import annotations


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(separator))


ADJECTIVES = _words(
    "Organic|Natural|Classic|Original|Premium|Simple|Golden|Fresh|Homestyle|Pure|"
    "Traditional|Gluten Free|Low Sodium|Reduced Fat|Unsweetened|Sweet|Spicy|Mild|"
    "Smoked|Light|Extra|Family|Everyday|Select|Garden|Country|Ultra|Gentle|Bold|"
    "Creamy|Roasted|Crunchy|Zesty|Honey|Lemon|Vanilla|Wild|Farmhouse|All Natural|"
    "100% Natural",
    "|",
)
BRAND_STARTS = _words(
    """Maple Cedar Willow River Sunny Harbor Stone Meadow Silver Blue Red
Green Oak Pine Hill North South Bright Honey Fox Robin Clover Prairie Ridge Lake Autumn
Summer Winter Copper Amber"""
)
BRAND_ENDS = _words(
    """brook field wood dale crest gate haven stead mark bridge land view
ton ford worth side grove leaf bird well"""
)
SUFFIXES = (
    "Family Size",
    "Value Pack",
    "12 Count",
    "Unscented & Gentle",
    "Lightly Salted",
    "8 oz",
    "Twin Pack",
    "No Sugar Added",
)
ACCENTED = ("Café", "Crème", "Rosé", "Jalapeño", "Purée", "Sauté", "Señor", "Brand®")

MALE_NAMES = _words(
    """James Robert John Michael David William Richard Joseph Thomas Charles
Daniel Matthew Anthony Mark Paul Steven Andrew Kenneth Joshua Kevin Brian George Edward
Ronald Timothy Jason Jeffrey Ryan Jacob Gary Eric Stephen Larry Justin Scott Brandon
Frank Samuel Gregory Raymond"""
)
FEMALE_NAMES = _words(
    """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah
Karen Lisa Nancy Betty Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda
Melissa Deborah Stephanie Rebecca Laura Sharon Cynthia Kathleen Amy Angela Shirley Anna
Brenda Pamela Emma Nicole Helen Samantha"""
)
SURNAMES = _words(
    """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez
Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez
Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King
Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell
Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins
Reyes"""
)
