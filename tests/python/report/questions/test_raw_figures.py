"""The figures of every sentence are those of the raw files and of the table beside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from math import ceil
from pathlib import Path

import pandas as pd
import pytest
from instacart import words
from instacart.report.question import Question
from instacart.synthetic import generate
from support import recount, recount_segments, recount_targeting
from support.facts import Facts, read_facts
from support.project import VARS

from report.conftest import Build
from report.support import Export, Report

SCALE = 0.003
# Package and seed, other than those of the packages that all tests share.
PACKAGES = {"careerfoundry": (11, 12), "kaggle": (13,)}
NAMES = [f"{package} {seed}" for package in PACKAGES for seed in PACKAGES[package]]
# $1,234.50, $2.1 million, 8.3%, 9.4, and whole numbers of what is counted.
NUMBER = re.compile(
    r"\$[\d,]+(?:\.\d+)?(?: million)?|\d[\d,]*(?:\.\d+)?%"
    r"|(?<![\d.$])\d[\d,]*\.\d+(?![\d%])"
    r"|(?<![\d.$])\d[\d,]*(?= (?:customer|order|item)s?\b)"
)
LABELS = ("segment", "region", "customer_profile")
Seeded = Callable[[str], tuple[Report, Facts]]


@pytest.fixture(scope="session")
def seeded(build: Build, export: Export, session_dir: Path) -> Seeded:
    """A package of another seed: its report, and what its raw files say."""
    known: dict[str, tuple[Report, Facts]] = {}

    def make(name: str) -> tuple[Report, Facts]:
        if name not in known:
            package, seed = name.split()

            def write(folder: Path) -> Path:
                generate.generate(folder, package, SCALE, int(seed))
                return folder

            database = build(f"{package}_{seed}", write)
            facts = read_facts(database.parent / "raw", database)
            least = ceil(VARS["min_pair_orders"] * len(facts.orders))
            facts.least_pair_orders = max(least, 5)
            report = export(database, session_dir / f"Seed {seed}.xlsx")
            known[name] = report, facts
        return known[name]

    return make


def flat(*frames: pd.DataFrame | pd.Series) -> list[float]:
    """All numbers of some frames."""
    found: list[float] = []
    for frame in frames:
        part = pd.DataFrame(frame).select_dtypes("number")
        found += [float(value) for value in part.to_numpy().ravel()]
    return found


def of_types(frame: pd.DataFrame, *types: str) -> pd.DataFrame:
    return frame[frame.index.get_level_values(0).isin(types)]


def by_segment(facts: Facts, *types: str) -> list[float]:
    """What is known of the segments of some types."""
    segments = of_types(recount_segments.customer_segments(facts), *types)
    differences = of_types(recount_segments.segment_differences(facts), *types)
    told = of_types(recount_segments.segment_types(facts), *types)
    needed = [round(n, -2) for n in told.needed_customer_count.dropna()]
    return [*flat(segments, differences, told), *needed, len(facts.customers)]


def of_hours(facts: Facts) -> list[float]:
    hours = recount.hours_of_day(facts)
    busy = hours[hours.is_high_traffic]
    in_them = facts.orders[facts.orders.hour_of_day.isin(busy.index)]
    overall = facts.dollars(facts.items.cents).sum() / len(facts.orders)
    gaps = (hours.avg_order_total - overall).abs() * hours.order_count
    return [
        *flat(hours, hours.revenue / hours.revenue.sum(), gaps),
        *(busy.order_share.sum(), busy.revenue.sum(), overall),
        in_them.customer_id.nunique(),
    ]


def of_week(facts: Facts) -> list[float]:
    days, hours = recount.days_of_week(facts), recount.day_hours(facts)
    counts = hours.order_count
    spans = [
        counts.loc[day].iloc[first : first + length].sum()
        for day in range(7)
        for first in range(24)
        for length in range(2, 9)
    ]
    ranked = days.sort_values("order_rank").order_share
    more = days.order_count.max() / days.order_count.min() - 1
    busiest = recount.hours_of_day(facts).sort_values("order_rank")
    ends = (ranked[:2].sum(), ranked[-2:].sum(), busiest.order_share[:8].sum())
    average = len(facts.orders) / (7 * 24)
    by_hour = counts.groupby("hour_of_day").sum()
    sums = [by_hour.iloc[n : n + size] for n in range(24) for size in range(2, 9)]
    below = [abs(1 - one.mean() / 7 / average) for one in sums]
    below += [
        abs(1 - counts.loc[day].iloc[first : first + length].mean() / average)
        for day in range(7)
        for first in range(24)
        for length in range(2, 9)
    ]
    two = days.sort_values("order_rank").index[:2]
    on_them = facts.orders[facts.orders.day_of_week.isin(two)].customer_id.nunique()
    spans += [one.sum() for one in sums]
    both = (on_them, days.revenue.loc[two].sum())
    return [*flat(days, hours, busiest), *spans, *below, more, *ends, *both]


def of_departments(facts: Facts) -> list[float]:
    found = recount.departments(facts).sort_values("order_product_rank")
    return [
        *flat(found, found.order_count / len(facts.orders)),
        *flat(found.customer_count / len(facts.customers)),
        *found.order_product_share.cumsum(),
    ]


def of_opportunities(facts: Facts) -> list[float]:
    found = recount.department_opportunities(facts)
    return flat(found, found[["reorder_rate", "revenue_per_order"]].median())


def of_incomes(facts: Facts) -> list[float]:
    found = recount.income_opportunities(facts)
    return flat(found, 100 * found.detectable_difference)


def of_times(facts: Facts) -> list[float]:
    found = recount.phenomenon_departments(facts)
    return flat(found, 100 * found.detectable_difference, recount.phenomena(facts))


def of_ranges(facts: Facts) -> list[float]:
    found = recount.price_ranges(facts)
    prices = facts.products.groupby("price_range").price
    items = facts.items.groupby(["price_range", "department_id"]).size()
    parts = items / items.groupby("price_range").transform("sum")
    return [
        *flat(found, found.customer_count / len(facts.customers)),
        *flat(found.product_count / found.product_count.sum(), parts),
        *flat(prices.min().astype(float), prices.max().astype(float)),
    ]


def of_pairs(facts: Facts) -> list[float]:
    return flat(recount.product_pairs(facts))


def of_ages(facts: Facts) -> list[float]:
    bands = recount_segments.age_bands(facts)
    change = (bands.median_income / bands.median_income_before - 1).abs()
    types = [*VARS["demographic_segment_types"]]
    return [*flat(bands, change), *by_segment(facts, *types)]


def of_profiles(facts: Facts) -> list[float]:
    segments = of_types(recount_segments.customer_segments(facts), "customer_profile")
    overall = facts.dollars(facts.items.cents).sum() / len(facts.orders)
    against = (segments.avg_order_total / overall - 1).abs()
    return [
        *flat(against),
        *by_segment(facts, "customer_profile"),
        *of_tastes(facts, "customer_profile"),
    ]


def of_tastes(facts: Facts, *types: str) -> list[float]:
    """What segments buy of departments, and how far that is from what all buy."""
    found = of_types(recount_segments.segment_departments(facts), *types)
    gaps = 100 * (found.share_of_segment - found.overall_share)
    return flat(found, gaps, 100 * found.detectable_difference)


def of_status(facts: Facts) -> list[float]:
    crossed = recount_segments.segment_crosstabs(facts).loc["age_group"]
    crossed = crossed[crossed.index.get_level_values(1) == "family_status"]
    return [*flat(crossed), *by_segment(facts, "age_group", "family_status")]


def of_first_baskets(facts: Facts) -> list[float]:
    found = recount.first_baskets(facts)
    leads = found.filter(regex=r"_(?:detectable_)?difference$")
    extra = leads.mul(found.customer_count, axis="index").abs().round()
    return [*flat(found, extra), *flat(100 * leads.abs()), *VARS["first_basket_bounds"]]


def of_tiers(facts: Facts) -> list[float]:
    found = recount_targeting.loyalty_tiers(facts)
    together = found.filter(like="next_tier").select_dtypes("number").sum()
    return [*flat(found, together), VARS["near_next_tier_orders"]]


def of_stages(facts: Facts) -> list[float]:
    return [*flat(recount_targeting.customer_lifecycle(facts)), len(facts.customers)]


def of_audiences(facts: Facts) -> list[float]:
    found = recount_targeting.audiences(facts)
    each = found[["revenue", "order_count"]].div(found.customer_count, axis="index")
    return flat(found, each)


TARGETED = [
    *("age_group", "customer_profile", "family_status", "family_size", "gender"),
    *("income_group", "loyalty_flag", "order_frequency_flag", "region"),
    *("shopping_time_segment", "adventurousness_flag"),
]
# What may be said, by the beginning of the title or of who asks.
KNOWN: dict[str, Callable[[Facts], list[float]]] = {
    "Key question 1: At": of_hours,
    "Key question 1: On": of_week,
    "Key question 1": of_week,
    "Key question 2: When": lambda facts: [
        *of_hours(facts),
        *flat(100 * recount.department_hours(facts).detectable_difference),
    ],
    "Key question 2: What": of_times,
    "Key question 2": of_hours,
    "Key question 3": of_ranges,
    "Key question 4": of_departments,
    "Sales: Which": of_opportunities,
    "Sales: Do": of_incomes,
    "Key question 5a": lambda facts: by_segment(facts, "loyalty_flag"),
    "Key question 5b": lambda facts: by_segment(facts, "loyalty_flag"),
    "Key questions 5 and 6": lambda facts: [
        *of_tastes(facts, *TARGETED),
        *by_segment(facts, *TARGETED),
        *of_week(facts),
    ],
    "Key question 5c": lambda facts: [
        *by_segment(facts, "region"),
        *flat(recount_segments.regions(facts)),
    ],
    "Key question 5d": of_status,
    "Key question 6": of_ages,
    "Key question 7": of_profiles,
    "Loyalty: Which": of_first_baskets,
    "Loyalty: Who": of_tiers,
    "Loyalty: Do": of_stages,
    "Campaigns: Whom": of_audiences,
    "Customers: Which": of_pairs,
}
# Bounds that sentences name, and less than what is shown.
BOUNDS = [VARS["min_named_share"], VARS["favoured_by_customers"], 0.001]
BOUNDS += [100 * VARS["min_share_difference"], 1]


def numbers(text: str) -> Iterable[tuple[str, float, float]]:
    """The numbers of a text, and half a unit of their last digit."""
    for token in NUMBER.findall(text):
        plain = token.strip("$%").removesuffix(" million").replace(",", "")
        unit = 0.5 * 10 ** -len(plain.partition(".")[2])
        scale = 0.01 if "%" in token else 1e6 if "million" in token else 1
        yield token, float(plain) * scale, unit * scale


def said(question: Question) -> list[str]:
    """All that a question says in words."""
    texts = [question.reading] if question.title else []
    if question.title and question.size():
        texts.append(question.so_what())
    if question.asked_by:
        texts += [question.answer(), question.figures(), question.advice()]
    return texts


@pytest.mark.parametrize("name", NAMES)
def test_figures_of_sentences_are_those_of_the_raw_files(
    name: str, seeded: Seeded
) -> None:
    report, facts = seeded(name)
    checked, wrong = 0, []
    for question in report.questions:
        known = next(
            (
                find
                for beginning, find in KNOWN.items()
                if question.title.startswith(beginning)
            ),
            None,
        )
        if question.lacking or known is None:
            continue
        allowed = [*known(facts), *BOUNDS]
        for text in said(question):
            for token, value, half in numbers(text):
                checked += 1
                if not any(abs(value - one) <= half * 1.001 for one in allowed):
                    wrong.append((question.title, token, text))
    assert not wrong, wrong
    assert checked > 60


@pytest.mark.parametrize("name", [*NAMES, "demo", "tiny"])
def test_a_measure_is_one_number_in_a_sentence_and_its_table(
    name: str, seeded: Seeded, request: pytest.FixtureRequest
) -> None:
    """Segment and figure, as in (Low income $7.08), are a cell of the segment's row."""
    report = seeded(name)[0] if name in NAMES else request.getfixturevalue(name)
    shown = {"money": words.money, "share": words.share, "decimal": words.decimal}
    compared = 0
    for question in report.questions:
        if question.lacking or not question.shown_columns:
            continue
        label = question.shown_columns[0].key
        if label not in LABELS:
            continue
        texts = " ".join(said(question))
        for row in question.rows:
            cells = {
                shown[column.kind](row[column.key])
                for column in question.shown_columns
                if column.kind in shown and row[column.key] is not None
            }
            if row.get("median_days_between_orders") is not None:
                cells.add(f"{round(row['median_days_between_orders'], 2):g}")
            pattern = rf"[(,:] ?{re.escape(row[label])} (\$?[\d,]*\d(?:\.\d+)?%?)[,)]"
            for figure in re.findall(pattern, texts):
                assert figure in cells, (question.title, row[label], figure)
                compared += 1
    assert compared or name == "tiny" or "kaggle" in name


@pytest.mark.parametrize("name", [*NAMES, "demo", "tiny"])
def test_advice_rests_on_the_figures_beside_it(
    name: str, seeded: Seeded, request: pytest.FixtureRequest
) -> None:
    report = seeded(name)[0] if name in NAMES else request.getfixturevalue(name)
    for question in report.questions:
        if not question.asked_by or question.lacking:
            continue
        beside = f"{question.answer()}\n{question.figures()}"
        for sentence in re.split(r"(?<=\.) ", question.advice()):
            if sentence.startswith("No advice"):
                continue
            for token, _, _ in numbers(sentence):
                assert re.search(rf"(?<![\d.,]){re.escape(token)}(?!\d)", beside), (
                    question.asked_by,
                    token,
                    beside,
                )
