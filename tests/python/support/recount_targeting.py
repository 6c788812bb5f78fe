"""Loyalty tiers, lifecycle stages and audiences, counted again from the facts."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pandas as pd

from support.facts import (
    MEASURES,
    Facts,
    count,
    has_enough_customers,
    is_beyond_chance,
    share_errors,
)
from support.project import VARS
from support.recount_segments import MILLION

# Order numbers from which a tier begins, the lowest first.
TIERS = {"New customer": 1, "Regular customer": 11, "Loyal customer": 41}
STAGES = ["New", "Growing", "Steady", "Slowing", "Lapsed"]
PRODUCE, ALCOHOL, PETS, BABIES = "produce", "alcohol", "pets", "babies"


def per_customer(facts: Facts) -> pd.DataFrame:
    """What each customer with an analysed order did."""
    found = count(facts.orders, facts.items, ["customer_id"]).fillna(0)
    found["max_order_number"] = facts.orders.groupby("customer_id").order_number.max()
    found["own_total"] = facts.dollars(found.cents) / found.order_count
    return found


def customer_departments(facts: Facts) -> pd.DataFrame:
    keys = ["customer_id", "department_id"]
    bought = facts.items.groupby(keys)
    found = pd.DataFrame(
        {
            "order_count": bought.order_id.nunique(),
            "order_product_count": bought.rows.sum(),
            "distinct_product_count": bought.product_id.nunique(),
            "spend": facts.dollars(bought.cents.sum()),
            "reorder_rate": bought.reordered.sum() / bought.rows.sum(),
            "first_order_number": bought.order_number.min(),
            "last_order_number": bought.order_number.max(),
        }
    )
    highest = facts.orders.groupby("customer_id").order_number.max()
    found = found.join(highest.rename("highest"))
    found["orders_since_last"] = found.highest - found.last_order_number
    return found.drop(columns="highest")


def with_shares(found: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Shares and averages of groups that make up all customers."""
    for measure in MEASURES:
        share = measure.replace("_count", "_share")
        found[share] = found[measure] / found[measure].sum()
    found["revenue"] = facts.dollars(found.cents)
    found["revenue_share"] = found.revenue / found.revenue.sum()
    found["orders_per_customer"] = found.order_count / found.customer_count
    found["avg_order_total"] = found.revenue / found.order_count
    return found.drop(columns="cents")


def rounded_sum(values: pd.Series) -> float:
    """A sum of millionths, in cents."""
    millionths = int(np.floor(values.dropna() * MILLION + 0.5).sum())
    return (millionths + 5_000) // 10_000 / 100


def loyalty_tiers(facts: Facts) -> pd.DataFrame:
    customers = per_customer(facts)
    starts = [*TIERS.values(), np.inf]
    rows = []
    for number, (label, start) in enumerate(TIERS.items(), 1):
        first_of_next = starts[number]
        reached = customers.max_order_number
        mine = customers[(reached >= start) & (reached < first_of_next)]
        lacking = first_of_next - mine.max_order_number
        near = lacking <= VARS["near_next_tier_orders"]
        is_last = number == len(TIERS)
        rows.append(
            {
                "loyalty_tier": label,
                "tier_number": number,
                **mine[[*MEASURES, "cents"]].sum(),
                "next_tier": None if is_last else list(TIERS)[number],
                "next_tier_order_number": None if is_last else first_of_next,
                "customers_near_next_tier": near.sum(),
                "orders_to_next_tier": lacking[near].sum(),
                "revenue_to_next_tier": rounded_sum((lacking * mine.own_total)[near])
                if facts.is_priced
                else None,
            }
        )
    return with_shares(pd.DataFrame(rows).set_index("loyalty_tier"), facts)


def lifecycles(facts: Facts) -> pd.DataFrame:
    """Each customer's own gaps, in fractions, and the stage that they make."""
    rows = {}
    placed = facts.placed_orders.sort_values(["order_number", "order_id"])
    analysed = set(facts.orders.order_id)
    for customer, orders in placed.groupby("customer_id"):
        if customer not in facts.customers.index:
            continue
        days = [
            None if pd.isna(one) else int(one) for one in orders.days_since_prior_order
        ]
        last = days[-1]
        gaps = [
            gap
            for order, gap in zip(orders.order_id, days, strict=True)
            if order in analysed and gap is not None
        ]
        rows[customer] = stage(gaps, last)
    columns = ["lifecycle_stage", "usual", "recent", "last"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def stage(gaps: list[int], last: int | None) -> tuple[str, object, object, object]:
    if len(gaps) < 5:
        return "New", None, None, last
    usual = Fraction(sum(gaps[:-3]), len(gaps) - 3)
    recent = Fraction(sum(gaps[-3:]), 3)
    if last is not None and last >= 30 and last >= 2 * usual:
        name = "Lapsed"
    elif not is_beyond_own_variation(gaps, recent - usual):
        name = "Steady"
    elif recent <= usual * Fraction(3, 4):
        name = "Growing"
    elif recent >= usual * Fraction(5, 4):
        name = "Slowing"
    else:
        name = "Steady"
    return name, float(usual), float(recent), last


def is_beyond_own_variation(gaps: list[int], difference: Fraction) -> bool:
    """Whether two means differ by more than two of Student's standard errors."""
    parts = gaps[:-3], gaps[-3:]
    within = Fraction(0)
    for part in parts:
        mean = Fraction(sum(part), len(part))
        within += sum(((gap - mean) ** 2 for gap in part), Fraction(0))
    numbers = sum(Fraction(1, len(part)) for part in parts)
    return difference**2 > 4 * within / (len(gaps) - 2) * numbers


def customer_lifecycle(facts: Facts) -> pd.DataFrame:
    customers = per_customer(facts).join(lifecycles(facts))
    customers["median_days"] = facts.customers.median_days
    rows = []
    for number, name in enumerate(STAGES, 1):
        mine = customers[customers.lifecycle_stage == name]
        rows.append(
            {
                "lifecycle_stage": name,
                "stage_number": number,
                **mine[[*MEASURES, "cents"]].sum(),
                "median_days_between_orders": mine.median_days.median(),
                "mean_usual_gap_days": mine.usual.astype(float).mean(),
                "mean_recent_gap_days": mine.recent.astype(float).mean(),
                "mean_last_gap_days": mine["last"].astype(float).mean(),
                "revenue_of_one_order_each": rounded_sum(mine.own_total)
                if facts.is_priced
                else None,
            }
        )
    return with_shares(pd.DataFrame(rows).set_index("lifecycle_stage"), facts)


def members(facts: Facts) -> dict[str, set[int]]:
    """Customers of each audience that is shipped, by what its title says."""
    flags = facts.customers
    done = per_customer(facts)
    stages = lifecycles(facts).lifecycle_stage
    bought = customer_departments(facts).reset_index()
    bought = bought.join(facts.departments.department, on="department_id")
    bought["department"] = bought.department.str.lower()
    names = set(facts.departments.department.str.lower())

    def buyers(department: str, orders: int, since: int = 0) -> set[int]:
        mine = bought[bought.department == department]
        often = (mine.order_count >= orders) & (mine.orders_since_last >= since)
        return set(mine[often].customer_id)

    def those(chosen: pd.Series) -> set[int]:
        return set(chosen.index[chosen])

    adventurous = flags.adventurousness_flag == "Adventurous shopper"
    adventurous &= done.max_order_number >= 5
    young_parents = (flags.age_group == "Young adult") & (flags.is_parent == "Parent")
    small = done.order_product_count <= 5 * done.order_count
    return {
        "close_to_loyal": those(done.max_order_number.between(38, 40)),
        "loyal_but_slowing": those(
            (done.max_order_number > 40) & stages.isin(["Slowing", "Lapsed"])
        ),
        "adventurous_high_spenders": those(
            adventurous & (flags.spending_flag == "High spender")
        ),
        "high_income_low_reorder": those(
            adventurous & (flags.income_group == "High income")
        ),
        "frequent_small_baskets": those(
            (flags.order_frequency_flag == "Frequent customer") & small
        ),
        "night_owls": those(flags.shopping_time_segment == "Night owl"),
        "lapsed_in_produce": buyers(PRODUCE, 5, since=5),
        "young_parents_without_babies": those(young_parents) - buyers(BABIES, 1)
        if BABIES in names
        else set(),
        "pet_owners": buyers(PETS, 3),
        "alcohol_buyers": buyers(ALCOHOL, 3),
    }


def audience_members(facts: Facts) -> pd.DataFrame:
    pairs = [(name, one) for name, ids in members(facts).items() for one in ids]
    index = pd.MultiIndex.from_tuples(pairs, names=["audience", "customer_id"])
    return pd.DataFrame(index=index)


def audiences(facts: Facts) -> pd.DataFrame:
    customers = per_customer(facts)
    rows = []
    for number, (name, ids) in enumerate(members(facts).items(), 1):
        mine = customers.loc[sorted(ids)]
        (shipped,) = (one for one in VARS["audiences"] if one["name"] == name)
        rows.append(
            {
                "audience": name,
                "audience_number": number,
                "title": shipped["title"],
                **mine[[*MEASURES, "cents"]].sum(),
                **favoured(facts, sorted(ids), shipped.get("department")),
            }
        )
    found = pd.DataFrame(rows).set_index("audience")
    found["customer_share"] = found.customer_count / len(facts.customers)
    found["revenue"] = facts.dollars(found.cents)
    found["orders_per_customer"] = found.order_count / found.customer_count
    found["avg_order_total"] = found.revenue / found.order_count
    return found.drop(columns="cents")


def favoured(facts: Facts, ids: list[int], own: str | None) -> dict[str, object]:
    """The department bought more than by all, the most certain first."""
    verdicts = VARS["difference_verdict"]
    bought = (
        facts.items.pivot_table("rows", "customer_id", "department_id", "sum")
        .reindex(index=facts.customers.index, columns=facts.departments.index)
        .fillna(0)
    )
    mine = bought.loc[ids]
    found = pd.DataFrame(
        {
            "favoured_department": facts.departments.department,
            "share_of_audience": mine.sum() / mine.to_numpy().sum(),
            "overall_share": bought.sum() / bought.to_numpy().sum(),
            "share_standard_error": share_errors(mine, bought),
        }
    )
    found["share_difference"] = found.share_of_audience - found.overall_share
    smallest = VARS["min_share_difference"]
    error = found.share_standard_error
    enough = has_enough_customers(pd.Series(len(ids), index=found.index)) & (error > 0)
    differs = (
        enough
        & (found.share_difference >= smallest - 1e-10)
        & is_beyond_chance(found.share_difference, error)
    )
    same = enough & ~differs
    same &= VARS["favoured_by_standard_errors"] * error <= smallest + 1e-10
    found["favoured_verdict"] = np.select(
        [differs, same], [verdicts["differs"], verdicts["same"]], verdicts["too_few"]
    )
    is_own = found.favoured_department.str.lower() == own
    found = found[(found.share_difference > 1e-10) & ~is_own]
    if found.empty:
        nothing = dict.fromkeys(found.columns)
        return nothing | {"favoured_verdict": verdicts["too_few"]}
    found = found.assign(certain=differs, difference=found.share_difference.round(9))
    found = found.sort_values(
        ["certain", "difference"], ascending=False, kind="stable"
    ).drop(columns=["certain", "difference"])
    return dict(found.iloc[0])


TARGETING_REPORTS: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "rpt_loyalty_tiers": loyalty_tiers,
    "rpt_customer_lifecycle": customer_lifecycle,
    "rpt_audiences": audiences,
}
# Recounted like reports, and no reports.
CUSTOMER_FACTS: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "fct_customer_departments": customer_departments,
    "fct_audience_members": audience_members,
}
