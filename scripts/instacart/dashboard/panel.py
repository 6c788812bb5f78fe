"""What the dashboard is made of: pages of panels, which have a view per choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from instacart.dashboard.charts import Drawn
from instacart.report.question import Question
from instacart.warehouse import Row
from instacart.workbook import Column

# The value of a drop-down's option that filters nothing.
ALL = ""
# The values of a panel's drop-downs, in their order.
Choice = tuple[str, ...]


@dataclass(frozen=True)
class Option:
    """What a drop-down offers: a value, which a click may give, and its label."""

    value: str
    label: str


@dataclass(frozen=True)
class Control:
    """A drop-down of a page, or a search field; its first option is chosen at first.

    options: by the value of the control `of` that they depend on; without one, of "".
    holds: what the list of a search field has, which one that finds nothing says.
    """

    key: str
    label: str
    options: Mapping[str, Sequence[Option]]
    of: str = ""
    is_search: bool = False
    holds: str = ""

    def offers(self, value: str, of: str) -> bool:
        """Whether a value can be chosen while `of` is in the other drop-down."""
        return any(option.value == value for option in self.options.get(of, ()))


@dataclass(frozen=True)
class View:
    """What a panel shows of one choice: a finding, what draws it, and its figures.

    finding: a sentence, or why there is nothing to show. chart: without data; its
    fields are keys of `rows`. columns: those of the table of figures. verdict: one of
    `facts.verdicts`, where something is compared. note: what a reader has to know.
    judged: in what it differs or not, where the finding leaves that open. action: what
    to do.
    """

    finding: str
    chart: Drawn | None = None
    rows: Sequence[Row] = ()
    columns: Sequence[Column] = ()
    verdict: str = ""
    note: str = ""
    judged: str = ""
    action: str = ""


@dataclass(frozen=True)
class Click:
    """A click on a mark chooses the value of `field` in the drop-down `control`."""

    control: str
    field: str


@dataclass(frozen=True)
class Panel:
    """A question with a view for every choice of the drop-downs that it follows.

    counts: what its figures count, in a word or two: customers, orders, items, dollars.
    tables: where they are from. asks: which questions of the report it shows, and the
    choice that does. more: an address in the dashboard that shows more of it, and what
    that is called.
    """

    key: str
    question: str
    counts: str
    tables: Sequence[str]
    views: Mapping[Choice, View]
    controls: Sequence[str] = ()
    click: Click | None = None
    is_wide: bool = False
    asks: Mapping[type[Question], Choice] = field(default_factory=dict)
    more: tuple[str, str] | None = None


@dataclass(frozen=True)
class Page:
    """A tab: its address, its name and what it is for.

    figures: key figures by name, shown large above the panels. lines: sentences below
    the panels, by heading. links: files beside the dashboard, and what they are.
    """

    key: str
    title: str
    about: str
    panels: Sequence[Panel]
    controls: Sequence[Control] = ()
    figures: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def choices(self, panel: Panel) -> Iterator[Choice]:
        """Every choice that the drop-downs of a panel allow, the first one first."""
        controls = {control.key: control for control in self.controls}
        needed = [controls[key] for key in panel.controls]
        every = [
            {option.value: None for each in one.options.values() for option in each}
            for one in needed
        ]
        for choice in product(*every):
            chosen = dict(zip(panel.controls, choice, strict=True))
            if all(
                one.offers(chosen[one.key], chosen.get(one.of, "")) for one in needed
            ):
                yield choice


def one_view(view: View) -> dict[Choice, View]:
    """The views of a panel that follows no drop-down."""
    return {(): view}
