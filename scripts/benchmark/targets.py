"""What the warehouse is meant to reach, and whether it does, from measured runs."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from benchmark.measure import DONE, GB, OUT_OF_MEMORY, OUT_OF_TIME
from benchmark.rounds import BUILD, CORE, EARLIER, PANDAS, PLAIN, POLARS, Json

MET, NOT_MET, UNKNOWN = "met", "not met", "not measured"

MOST_OVER_PLAIN = 1.5
MOST_SECONDS = 60
MOST_MEMORY = 4 * GB
LEAST_FASTER = 3
# Like for like: as fast as pandas with categories, and as long as Polars.
LEAST_FASTER_ALIKE, MOST_OVER_POLARS = 2.5, 1.3
MOST_OF_EARLIER = 0.75
MOST_LOOP_SECONDS = 3
MOST_MEMORY_SHARE = 5
LARGEST_DATABASE = 1.5 * GB
# Growth from the scale 1 to 10, and how much of a build's memory DuckDB's limit is: the
# rest is for Python, dbt, and what DuckDB takes without counting it.
MOST_GROWTH = 10.5
DUCKDB_SHARE = 0.75


@dataclass(frozen=True)
class Target:
    """A target in words, what was measured, and the verdict."""

    what: str
    measured: str
    verdict: str


@dataclass(frozen=True)
class Spread:
    """Median, least and most of the rounds."""

    median: float
    least: float
    most: float

    def text(self, unit: str = "") -> str:
        """Return the median, and the rest where it differs."""
        rest = f" ({self.least:.2f} to {self.most:.2f})"
        return f"{self.median:.2f}{unit}{rest if self.least < self.most else ''}"


class Results:
    """The runs of a benchmark by contender, with what is derived from them."""

    def __init__(self, saved: Json) -> None:
        self.saved = saved
        self.runs: dict[str, list[Json]] = {}
        for run in saved["runs"]:
            self.runs.setdefault(run["contender"], []).append(run)

    def done(self, key: str) -> list[Json]:
        """The runs of a contender that ended well."""
        return [run for run in self.runs.get(key, []) if run["status"] == DONE]

    def stopped(self, key: str) -> Json | None:
        """The run in which a contender was killed, if it was."""
        ends = (OUT_OF_MEMORY, OUT_OF_TIME)
        runs = [run for run in self.runs.get(key, []) if run["status"] in ends]
        return runs[0] if runs else None

    def middle(self, key: str, name: str) -> float | None:
        """Median of a figure over a contender's rounds."""
        values = [run[name] for run in self.done(key)]
        return median(values) if values else None

    def memory(self, key: str) -> int | None:
        """Largest peak memory of a contender's rounds, in bytes."""
        return max((run["memory"] for run in self.done(key)), default=None)

    def start_up(self, key: str) -> float | None:
        """Median of the seconds around dbt's own clock: start, parsing, records."""
        values = [
            run["wall"] - run["elapsed"]
            for run in self.done(key)
            if run["elapsed"] is not None
        ]
        return median(values) if values else None

    def ratio(
        self, key: str, base: str, of: str = "wall", by: str = "wall"
    ) -> Spread | None:
        """A contender's figure divided by another's of the same round."""
        bases = {run["round"]: run[by] for run in self.done(base)}
        values = [
            run[of] / bases[run["round"]]
            for run in self.done(key)
            if run["round"] in bases
        ]
        return Spread(median(values), min(values), max(values)) if values else None


def targets(saved: Json) -> list[Target]:
    """Return the targets of one scale, in order."""
    results = Results(saved)
    wall, memory = results.middle(BUILD, "wall"), results.memory(BUILD)
    size = results.middle(BUILD, "size")
    over = results.ratio(BUILD, PLAIN, of="elapsed")
    return [
        verdict(
            f"`dbt build` with all tests, without start-up, takes at most"
            f" {MOST_OVER_PLAIN} times as long as the plain script",
            over and over.median <= MOST_OVER_PLAIN,
            over and over.text(" times"),
        ),
        verdict(
            f"it takes at most {MOST_SECONDS} s by the wall clock",
            wall and wall <= MOST_SECONDS,
            wall and f"{wall:.1f} s",
        ),
        verdict(
            f"it takes at most {MOST_MEMORY / GB:.0f} GB of memory",
            memory and memory <= MOST_MEMORY,
            memory and f"{memory / GB:.2f} GB",
        ),
        *against_earlier(saved, results),
        against(results, BUILD, "it", PANDAS, "pandas with categories", LEAST_FASTER),
        memory_share(results, BUILD, "it"),
        against(results, BUILD, "it", POLARS, "Polars", 1),
        *like_for_like(results),
        *loop_target(saved.get("loop") or {}),
        verdict(
            f"the database takes at most {LARGEST_DATABASE / GB:.1f} GB",
            size and size <= LARGEST_DATABASE,
            size and f"{size / GB:.2f} GB",
        ),
    ]


def against_earlier(saved: Json, results: Results) -> list[Target]:
    """The targets of a build against one by an earlier commit, if that took part."""
    if EARLIER not in results.runs:
        return []
    name = saved["earlier"]
    cpu = results.ratio(BUILD, EARLIER, of="cpu", by="cpu")
    ours, theirs = results.memory(BUILD), results.memory(EARLIER)
    known = ours and theirs
    return [
        verdict(
            f"it takes at most {MOST_OF_EARLIER:.0%} of the CPU seconds of commit"
            f" {name}",
            cpu and cpu.median <= MOST_OF_EARLIER,
            cpu and cpu.text(" of them"),
        ),
        verdict(
            f"it takes no more memory than commit {name}",
            ours <= theirs if ours and theirs else None,
            f"{ours / GB:.2f} GB, {theirs / GB:.2f} GB" if known else None,
        ),
    ]


def like_for_like(results: Results) -> list[Target]:
    """The targets of what pandas makes against pandas and Polars."""
    subject = "what pandas makes, built by dbt,"
    over = results.ratio(CORE, POLARS)
    return [
        against(
            *(results, CORE, subject, PANDAS, "pandas with categories"),
            LEAST_FASTER_ALIKE,
        ),
        memory_share(results, CORE, subject),
        verdict(
            f"{subject} takes at most {MOST_OVER_POLARS} times as long as Polars",
            over and over.median <= MOST_OVER_POLARS,
            over and over.text(" times"),
        ),
    ]


def loop_target(loop: Json) -> list[Target]:
    """The target of the analyst's loop, if it was measured."""
    if not loop:
        return []
    wall = median(loop["walls"])
    return [
        verdict(
            f"one edited mart is built and tested on the demo in {MOST_LOOP_SECONDS} s",
            wall <= MOST_LOOP_SECONDS,
            f"{wall:.1f} s",
        )
    ]


def against(
    results: Results, ours: str, subject: str, key: str, name: str, times: float
) -> Target:
    """The target to be some times as fast as a contender, even one that was killed."""
    how = f"at least {times} times as fast as" if times > 1 else "faster than"
    what = f"{subject} is {how} {name}"
    wall, ended = results.middle(ours, "wall"), results.stopped(key)
    if wall and ended:
        least = ended["wall"] / wall
        measured = f"more than {least:.2f} times as fast: {name} was {stop_text(ended)}"
        known = True if least >= times else None
        return verdict(what, known, measured)
    ratio = results.ratio(key, ours)
    met = ratio and (ratio.median > times if times == 1 else ratio.median >= times)
    return verdict(what, met, ratio and ratio.text(" times as fast"))


def memory_share(results: Results, ours: str, subject: str) -> Target:
    """The target to take a share of the memory that pandas takes."""
    what = (
        f"{subject} takes at most 1/{MOST_MEMORY_SHARE} of the memory of pandas with"
        " categories"
    )
    memory, ended = results.memory(ours), results.stopped(PANDAS)
    other = ended["memory"] if ended else results.memory(PANDAS)
    if not memory or not other:
        return verdict(what, None, None)
    share = memory / other
    measured = f"{'less than ' if ended else ''}{share:.2f} of it"
    met = share <= 1 / MOST_MEMORY_SHARE
    return verdict(what, met or (None if ended else False), measured)


def verdict(what: str, met: object, measured: object) -> Target:
    """Return a target with what was measured; None is what was not."""
    words = {True: MET, False: NOT_MET, None: UNKNOWN}
    known = None if met is None else bool(met)
    return Target(what, str(measured or "none"), words[known])


def stop_text(run: Json) -> str:
    """Return how a killed run ended."""
    why = "killed" if run["status"] == OUT_OF_MEMORY else "killed for its time"
    return f"{why} at {run['memory'] / GB:.1f} GB after {run['wall']:,.0f} s"


def allowed_memory(saved: Json) -> float:
    """Return the bytes that a whole build may take at DuckDB's memory limit."""
    return saved["memory_limit"] / DUCKDB_SHARE


def growth_targets(saved: Json) -> list[Target]:
    """Return the targets of growth: seconds from scale 1 to 10, and bounded memory."""
    runs = {run["scale"]: run for run in saved["runs"]}
    ratio = runs[10]["wall"] / runs[1]["wall"] if {1, 10} <= runs.keys() else None
    bound = allowed_memory(saved)
    # A scale that is missing may be one that took too much.
    complete = 10 in runs and not saved["missing"]
    widest = max(runs.values(), key=lambda run: run["memory"], default=None)
    return [
        verdict(
            f"ten times the data takes at most {MOST_GROWTH} times as long",
            ratio and ratio <= MOST_GROWTH,
            ratio and f"{ratio:.1f} times, scale 1 to 10",
        ),
        verdict(
            f"memory is bounded: {bound / GB:g} GB in all, with"
            f" {saved['memory_limit'] / GB:g} GB as DuckDB's limit",
            widest["memory"] <= bound if widest and complete else None,
            widest and f"{widest['memory'] / GB:.2f} GB at scale {widest['scale']:g}",
        ),
    ]
