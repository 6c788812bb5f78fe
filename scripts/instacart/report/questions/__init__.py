"""The questions of the report, a file each, in the order of their charts."""

from __future__ import annotations

from instacart.report.question import Question
from instacart.report.questions.audiences import Audiences
from instacart.report.questions.customer_lifecycle import CustomerLifecycle
from instacart.report.questions.customer_pairs import ProductPairs
from instacart.report.questions.first_baskets import FirstBaskets
from instacart.report.questions.loyalty_tiers import LoyaltyTiers
from instacart.report.questions.marketing_targets import MarketingTargets
from instacart.report.questions.q1_days import Days
from instacart.report.questions.q1_hours import Hours
from instacart.report.questions.q1_quiet_windows import QuietWindows
from instacart.report.questions.q2_order_totals import OrderTotals
from instacart.report.questions.q2_product_prices import ProductPrices
from instacart.report.questions.q2_revenue import Revenue
from instacart.report.questions.q2_times_of_day import TimesOfDay
from instacart.report.questions.q3_price_ranges import PriceRanges
from instacart.report.questions.q4_departments import Departments
from instacart.report.questions.q5a_loyalty import Loyalty
from instacart.report.questions.q5b_habits_by_loyalty import HabitsByLoyalty
from instacart.report.questions.q5c_regions import Regions
from instacart.report.questions.q5d_age_and_family import AgeAndFamily
from instacart.report.questions.q6_classifications import Classifications
from instacart.report.questions.q7_profiles import Profiles
from instacart.report.questions.retention import Retention
from instacart.report.questions.sales_income import IncomeOpportunities
from instacart.report.questions.sales_lowest_share import LowestShare
from instacart.report.questions.sales_opportunities import Opportunities

QUESTIONS: tuple[type[Question], ...] = (
    Hours,
    Days,
    QuietWindows,
    OrderTotals,
    Revenue,
    ProductPrices,
    TimesOfDay,
    PriceRanges,
    Departments,
    Opportunities,
    IncomeOpportunities,
    Loyalty,
    HabitsByLoyalty,
    MarketingTargets,
    LowestShare,
    Regions,
    AgeAndFamily,
    Classifications,
    Profiles,
    Retention,
    FirstBaskets,
    LoyaltyTiers,
    CustomerLifecycle,
    Audiences,
    ProductPairs,
)
