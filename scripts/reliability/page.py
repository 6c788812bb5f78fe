"""The soak's page, from saved results; every figure on it was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from benchmark.page import NOTHING, gigabytes, plural, seconds, table

from reliability import kills, pairs
from reliability.promises import PROMISES, Json
from reliability.reader import PAUSE_SECONDS


def page(saved: Json) -> str:
    """Return the Markdown page of what was measured, by name of the promise."""
    found = {name: saved[name] for name in PROMISES if name in saved}
    parts = [
        "# Reliability",
        "What is promised of the published file (`INSTACART_DB`), and what the last run"
        " of `make soak` found. Builds write a database of their own; readers see a"
        " build once all of its models and tests have passed. A short form of each"
        " test is part of `make test`.",
        table(
            ("Promise", "Measured by", "Found", "Verdict"),
            [summary_row(name, found.get(name)) for name in PROMISES],
            texts=("Promise", "Measured by", "Found", "Verdict"),
        ),
    ]
    for name, section in SECTIONS.items():
        if name in found:
            parts += section(found[name]["found"])
    parts += ["## How it was measured", method(found)]
    return "\n\n".join(parts) + "\n"


def summary_row(name: str, saved: Json | None) -> tuple[str, ...]:
    """Return a promise with the figures that decide on it."""
    promise = PROMISES[name]
    if not saved:
        return (promise.text, f"`{promise.source}`", NOTHING, "not measured")
    verdict = "kept" if saved["is_kept"] else "**not kept**"
    found = SUMMARIES.get(name, tests_summary)(saved)
    return (promise.text, f"`{promise.source}`", found, verdict)


# --- readers --------------------------------------------------------------------


def readers_summary(saved: Json) -> str:
    found = saved["found"]
    readers = found["readers"]
    queries, failed, mixed, stale = (
        sum(reader[key] for reader in readers)
        for key in ("queries", "failed", "mixed", "stale")
    )
    return (
        f"{len(readers)} processes, {found['publishes']:,} builds"
        f" published, {queries:,} queries: {failed:,} failed, {mixed:,} mixed,"
        f" {stale:,} out of date"
    )


def readers_section(found: Json) -> list[str]:
    headings = (
        *("Client", "Queries per visit", "Visits", "Queries", "Failed", "Mixed"),
        *("Out of date", "Builds seen", "Longest visit"),
    )
    rows = [
        (
            reader["client"],
            *(f"{reader[key]:,}" for key in ("queries_per_visit", "visits", "queries")),
            *(f"{reader[key]:,}" for key in ("failed", "mixed", "stale", "builds")),
            seconds(reader["longest"]),
        )
        for reader in found["readers"]
    ]
    return [
        "## Readers",
        "A visit opens the file read-only, asks for the totals of all tables in one"
        f" query, some times with {PAUSE_SECONDS} s between, and closes it: who keeps a"
        " connection open goes on reading the build that was there when it was opened."
        " A query is mixed if its totals are of several builds or of none, and out of"
        " date if a newer build was published before the visit. The longest visit is"
        " none but the first, which loads the client; publishing took at most"
        f" {seconds(found['longest_publish'])}.",
        table(headings, rows, texts=("Client",)),
        *(
            f"{reader['client']} failed first with: `{reader['failure']}`"
            for reader in found["readers"]
            if reader["failure"]
        ),
    ]


# --- kills ----------------------------------------------------------------------


def kills_summary(saved: Json) -> str:
    found = saved["found"]["kills"]
    return (
        f"{plural(len(found), 'kill')}, {count(found, 'aimed')} of them aimed at the"
        f" publishing: {sum(kill['shown'] != 'neither' for kill in found)} times a"
        f" complete build, {sum(not kill['left'] for kill in found)} times nothing ran"
        f" on, {sum(kill['next_published'] for kill in found)} next builds published,"
        f" {sum(not kill['litter'] for kill in found)} times nothing was left over"
    )


def kills_section(found: Json) -> list[str]:
    headings = (
        *("Build", "Killed", "When", "Kills", "Seconds after its start"),
        *("File is the build before", "the new one", "neither", "Processes left"),
        *("Next build passed", "and published", "Left over"),
    )

    def group(kill: Json) -> tuple[str, str, bool]:
        return kill["command"], kill["victim"], kill["aimed"]

    rows = []
    for (command, victim, is_aimed), grouped in groupby(
        sorted(found["kills"], key=group), group
    ):
        each = list(grouped)
        after = [kill["after"] for kill in each]
        rows.append(
            (
                f"`{command}`",
                victim,
                "while publishing" if is_aimed else "at random",
                f"{len(each)}",
                f"{min(after):.1f} to {max(after):.1f}",
                *(
                    str(sum(kill["shown"] == shown for kill in each))
                    for shown in ("before", "new", "neither")
                ),
                str(sum(kill["left"] for kill in each)),
                str(count(each, "next_passed")),
                str(count(each, "next_published")),
                str(sum(bool(kill["litter"]) for kill in each)),
            )
        )
    return [
        "## Kills",
        "Builds of the smallest generated packages, each kind in turn, so that every"
        " build has other rows. After a SIGKILL the published file is compared, by"
        " checksums of all tables, with both builds; then the same package is built"
        " again, and what lies around the database and in temporary folders is compared"
        " with what an undisturbed build leaves. Kills while publishing come up to"
        f" {kills.PUBLISHING_SECONDS:g} s after the first file of the new version"
        f" appears. The moments are random, of seed {kills.SEED}.",
        table(headings, rows, texts=("Build", "Killed", "When")),
    ]


# --- pairs ----------------------------------------------------------------------


def pairs_summary(saved: Json) -> str:
    found = saved["found"]["pairs"]
    same = [pair for pair in found if pairs.DATABASE in pair["shared"]]
    return (
        f"{plural(len(found), 'round')}: {sum(pair['passed'] for pair in found)} builds"
        f" passed, {sum(pair['mixed'] for pair in found)} of them with rows of the"
        f" other; {sum(pair['refused'] for pair in same)} of {len(same)} second builds"
        " of one database refused"
    )


def pairs_section(found: Json) -> list[str]:
    def shared(pair: Json) -> str:
        return ", ".join(pair["shared"]) or "nothing else"

    rows = []
    for name, grouped in groupby(sorted(found["pairs"], key=shared), shared):
        each = list(grouped)
        rows.append(
            (
                name,
                str(len(each)),
                *(
                    str(sum(pair[key] for pair in each))
                    for key in ("passed", "refused", "mixed")
                ),
            )
        )
    return [
        "## Two builds at once",
        "A package of each kind is built at the same time by `dbt build`, both from"
        " below one folder of raw files. Each published file is compared, by checksums"
        " of all tables, with that of the same package built alone; databases take"
        " turns, so that each gets the other package in the next round.",
        table(
            ("In common", "Rounds", "Passed", "Refused", "With other rows"),
            rows,
            texts=("In common",),
        ),
    ]


# --- tests ----------------------------------------------------------------------


def tests_summary(saved: Json) -> str:
    found = saved["found"]
    text = f"{plural(found['passed'], 'test')} passed, {found['failed']} failed"
    if found["skipped"]:
        text += f", {found['skipped']} skipped"
    if saved["count"] > 1:
        text += f", of {saved['count']} random packages"
    return text


# --- method ---------------------------------------------------------------------


def method(found: Json) -> str:
    """Return when each promise was measured, and on what machine."""
    lines = []
    for name, saved in found.items():
        machine = saved["machine"]
        versions = ", ".join(
            f"{package} {version}" for package, version in machine["versions"].items()
        )
        lines.append(
            (
                name,
                saved["date"],
                saved["commit"],
                seconds(saved["seconds"]),
                f"{machine['load_at_start']:.2f}",
                f"{machine['processor']}, {machine['cores']} cores,"
                f" {gigabytes(machine['memory'])}, {machine['system']}; {versions}",
            )
        )
    return table(
        ("Promise", "Date", "Commit", "Took", "Load before", "Machine"),
        lines,
        texts=("Promise", "Date", "Commit", "Machine"),
    )


def count(found: Iterable[Json], key: str) -> int:
    return sum(bool(each[key]) for each in found)


SUMMARIES: dict[str, Callable[[Json], str]] = {
    "readers": readers_summary,
    "kills": kills_summary,
    "pairs": pairs_summary,
}
SECTIONS: dict[str, Callable[[Json], list[str]]] = {
    "readers": readers_section,
    "kills": kills_section,
    "pairs": pairs_section,
}
