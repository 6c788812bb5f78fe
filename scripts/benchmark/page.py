"""The benchmark's page, from saved results; every figure on it was measured."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import yaml
from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.files import replaced_when_complete

from benchmark.measure import FAILED, GB, POLL_SECONDS, PROBE_STEPS
from benchmark.rounds import BUILD, CONTENDERS, DBT, EARLIER, HERE, Json
from benchmark.targets import (
    Results,
    Spread,
    Target,
    growth_targets,
    stop_text,
    targets,
)

SLOW_NODES, LAB_NOTES = HERE / "slow_nodes.yml", HERE / "lab_notes.md"
# More than this share of a core in other hands makes times doubtful.
OTHERS_ALLOWED = 0.1
# A slower probe than the fastest by more than this share makes times uneven.
SLOWER_ALLOWED = 0.15
NOTHING = "–"  # noqa: RUF001
HEADINGS = (
    *("Contender", "Wall", "of which dbt's start-up", "CPU", "Peak memory", "Result"),
    *("Order products per second", "Time against `dbt build`"),
)
GROWTH_HEADINGS = (
    *("Scale", "Order products", "Wall", "CPU", "Peak memory", "Spilled"),
    *("Database", "Raw files"),
)
CONTENDERS_PICTURE, GROWTH_PICTURE = "benchmarks.png", "growth.png"


def page(saved: Json, growth: Json, pictures: str, notes: str = "") -> str:
    """Return the Markdown page of what there is.

    saved: results of `run`; growth: those of `growth`; either may be empty. pictures:
    folder of the pictures as the page names it, with a slash at its end, or nothing.
    notes: what was measured otherwise, in Markdown.
    """
    parts = ["# Performance"]
    if saved:
        parts += comparison(saved, pictures)
    if growth:
        parts += growth_section(growth, pictures)
    if saved:
        parts += [method(saved)]
    if notes:
        parts += ["## Lab notes", notes.strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


# --- what run measured ----------------------------------------------------------


def comparison(saved: Json, pictures: str) -> list[str]:
    """Return the page's parts on one scale."""
    results = Results(saved)
    return [
        introduction(saved),
        contender_table(results),
        *refusals(saved),
        f"![Bars of seconds and of peak memory per contender, as in the table above]"
        f"({pictures}{CONTENDERS_PICTURE})"
        if saved["runs"]
        else "",
        reading(saved, results),
        others_warning(saved),
        speed_warning(saved),
        "## Targets",
        "" if saved["scale"] == 1 else "The targets are meant for scale 1.",
        target_table(targets(saved)),
        *nodes_section(saved),
        *loop_section(saved.get("loop") or {}),
        *incremental_section(saved.get("incremental_load") or {}, results),
    ]


def introduction(saved: Json) -> str:
    return (
        "What it takes to answer the course's questions from the raw files: with this"
        " warehouse, with the same SQL but no dbt, and with what one would write in"
        " pandas or Polars. All read the same generated files (scale"
        f" {saved['scale']:g}: {saved['customers']:,} customers, {saved['orders']:,}"
        f" orders, {saved['order_products']:,} order products,"
        f" {saved['raw_bytes'] / GB:.3g} GB of CSV) on {saved['machine']['cores_used']}"
        f" cores, a fresh process per run, {plural(saved['rounds'], 'round')} in"
        " alternating order.\n\n"
        "They don't make the same. **The warehouse**, by dbt or by the script, makes"
        " all marts, reports and accounts of data quality. **pandas and Polars** make"
        " one wide table, the flags and a few aggregates of it, as the course's steps"
        " do: in pandas as its notebooks are written, with the labels of flags as"
        " categories or as strings, and tuned, with small types declared and flags made"
        " by customer before they are merged; in Polars lazily, streaming. Like for"
        " like, **`dbt build` of what pandas makes** is the part of the warehouse with"
        " the same answers: dimensions, facts and the totals of departments, without"
        " tests. No time counts unless the flags of every customer, the totals of every"
        " department and the rows by price range and busy time are the warehouse's."
    )


def contender_table(results: Results) -> str:
    keys = results.saved["contenders"]
    return table(HEADINGS, [contender_row(results, key) for key in keys])


def contender_row(results: Results, key: str) -> tuple[str, ...]:
    """Return what a contender took, or why it did not come so far."""
    name, wall = CONTENDERS[key], results.middle(key, "wall")
    if key in results.saved["refused"]:
        return (name, "computes something else", *[NOTHING] * 6)
    if ended := results.stopped(key):
        return (name, stop_text(ended), *[NOTHING] * 6)
    if not wall:
        return (name, FAILED, *[NOTHING] * 6)
    start_up = results.start_up(key)
    return (
        name,
        seconds(wall),
        NOTHING if start_up is None else seconds(start_up),
        seconds(results.middle(key, "cpu") or 0),
        gigabytes(results.memory(key) or 0),
        gigabytes(results.middle(key, "size") or 0),
        f"{results.saved['order_products'] / wall:,.0f}",
        "1" if key == BUILD else spread(results.ratio(key, BUILD)),
    )


def refusals(saved: Json) -> list[str]:
    """Return a sentence per contender whose answers differ."""
    sentences = []
    for key, found in saved["refused"].items():
        counts = ", ".join(
            f"{count} {name}" if count >= 0 else f"all {name}"
            for name, count in found.items()
            if name != "example" and count
        )
        sentences += [
            f"{CONTENDERS[key]} computes something else: {counts} differ, such as"
            f" {found['example']}. Its time does not count."
        ]
    return sentences


def reading(saved: Json, results: Results) -> str:
    """Return how to read the table."""
    text = (
        "Wall, CPU (user and system) and result are medians, the peak is the largest of"
        " the rounds; ratios are taken within a round: median (least to most)."
    )
    if set(DBT) & results.runs.keys():
        text += (
            " dbt's start-up is what dbt's own clock leaves out: to start Python and"
            " dbt, read the project as it was parsed before, and write records at the"
            " end. The builds are a user's second ones: the project is parsed, the"
            " database is absent."
        )
    if EARLIER in results.runs:
        text += (
            f" The earlier commit is {saved['earlier']}, built in the same environment."
        )
    killed = [CONTENDERS[key] for key in saved["contenders"] if results.stopped(key)]
    if killed:
        text += (
            f" {' and '.join(killed)}: killed by the benchmark above"
            f" {gigabytes(saved['memory_limit'])} of memory or"
            f" {saved['time_limit']:,.0f} s, before the system had to."
        )
    return text


def others_warning(saved: Json) -> str:
    """Return a warning if others kept the machine busy, else nothing."""
    most = most_others(saved["runs"])
    if most <= OTHERS_ALLOWED:
        return ""
    return (
        f"**Disturbed:** other processes kept up to {most:.2f} cores busy during a run;"
        " times of these rounds are doubtful."
    )


def most_others(runs: list[Json]) -> float:
    """Return how many cores others kept busy in the most disturbed run."""
    return max((run["others"] for run in runs), default=0.0)


def speed_warning(saved: Json) -> str:
    """Return a warning if the processor's own speed changed, else nothing."""
    fastest, slowest = probes(saved["runs"])
    if slowest <= fastest * (1 + SLOWER_ALLOWED):
        return ""
    return (
        f"**Uneven:** before each run {PROBE_STEPS:,} additions on one core took"
        f" {fastest:.2f} to {slowest:.2f} s: the processor itself was up to"
        f" {slowest / fastest:.1f} times as slow as at its best."
        " Ratios of runs side by side tell more than seconds, which another day would"
        " find different."
    )


def probes(runs: list[Json]) -> tuple[float, float]:
    """Return the fastest and the slowest probe in seconds; 0 if there was none."""
    found = [run["probe"] for run in runs if "probe" in run] or [0.0]
    return min(found), max(found)


def target_table(rows: list[Target]) -> str:
    return table(
        ("Target", "Measured", "Verdict"),
        [
            (
                row.what[0].upper() + row.what[1:],
                row.measured,
                row.verdict if row.verdict == "met" else f"**{row.verdict}**",
            )
            for row in rows
        ],
        texts=("Target", "Verdict"),
    )


def nodes_section(saved: Json) -> list[str]:
    """Return the slowest nodes of the last build, and what was done about them."""
    nodes = saved.get("nodes") or {}
    if not nodes:
        return []
    done = slow_node_texts()
    sums = ", ".join(
        f"{plural(count, kind)} {took:.1f} s" for kind, count, took in nodes["kinds"]
    )
    return [
        "## Slowest nodes",
        "Of the last round's `dbt build`, which runs"
        f" {plural(saved['dbt_threads'], 'node')} at a time: {sums}.",
        table(
            ("Node", "Kind", "Seconds", "Rows", "What was done"),
            [
                (
                    f"`{node['name']}`",
                    node["kind"],
                    f"{node['seconds']:.2f}",
                    NOTHING if node["rows"] is None else f"{node['rows']:,}",
                    done.get(node["name"], "nothing yet"),
                )
                for node in nodes["slowest"]
            ],
            texts=("Node", "Kind", "What was done"),
        ),
    ]


def slow_node_texts() -> dict[str, str]:
    """Return what was done about nodes, by name; raises UserError on a bad file."""
    try:
        texts = yaml.safe_load(SLOW_NODES.read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError):
        texts = None
    if not isinstance(texts, dict) or any(
        type(text) is not str for text in texts.values()
    ):
        raise UserError(
            "a sentence per node in scripts/benchmark/slow_nodes.yml",
            "something else",
            "write each as `name: sentence`",
        )
    return texts


def lab_notes() -> str:
    """Return what was measured otherwise than by this program, if there are notes."""
    return LAB_NOTES.read_text("utf-8") if LAB_NOTES.is_file() else ""


def loop_section(loop: Json) -> list[str]:
    """Return what an analyst waits for who changes one mart."""
    if not loop:
        return []
    outside = median(
        wall - elapsed
        for wall, elapsed in zip(loop["walls"], loop["elapsed"], strict=True)
    )
    at_commit = f" (commit {loop['commit']})" if "commit" in loop else ""
    return [
        "## The analyst's loop",
        f"On the demo ({loop['customers']:,} customers), `{loop['mart']}` is edited in"
        f" a copy of the project and built alone, `dbt build --select {loop['mart']}`,"
        f" with its tests{at_commit}. By the wall clock it took"
        f" {', '.join(seconds(wall) for wall in loop['walls'])} after an edit each, of"
        f" which {seconds(outside)} are dbt's start-up, with the edited file parsed"
        f" again; by `dbt run`, without its tests,"
        f" {', '.join(seconds(wall) for wall in loop['untested'])}.",
    ]


def incremental_section(found: Json, results: Results) -> list[str]:
    """Return what a second delivery costs, and what loading it by itself would save."""
    if not found:
        return []
    tables = found["different_tables"]
    same = (
        "The marts equal those of a build on the whole, table by table."
        if not tables
        else f"**The marts differ from a build on the whole: {', '.join(tables)}.**"
    )
    text = [
        "## New data arrives",
        f"The last orders of some customers are held back: {found['late_orders']:,} of"
        f" {found['orders']:,} orders and {found['late_order_products']:,} of"
        f" {found['order_products']:,} order products"
        f" ({found['late_order_products'] / found['order_products']:.1%}). The"
        " warehouse is built without them, then they come as a longer `orders.csv`"
        f" and a new file of order products, and the same command builds both. {same}",
        incremental_table(found),
        incremental_saving(found, results.middle(BUILD, "wall")),
    ]
    if not found["same_rows"]:
        text += ["**Appending did not give the rows that the whole build gives.**"]
    return text


def incremental_table(found: Json) -> str:
    """Return the seconds of a build on both deliveries, and of loading the second."""
    steps = found["steps"]
    nodes = (
        f"of its nodes, the {found['facts_nodes']} that make the facts"
        f" (all: {seconds(found['nodes_seconds'])})"
    )
    return table(
        ("Step", "Seconds"),
        [
            ("Build on both, without tests", seconds(found["second_wall"])),
            (nodes, seconds(found["facts_seconds"])),
            (
                "Incremental, plain SQL: read and join the new rows",
                small(steps["read"]),
            ),
            ("look for keys that exist already", small(steps["check"])),
            ("append", small(steps["append"])),
            (
                "or delete by key, then insert",
                small(steps["delete"] + steps["insert"]),
            ),
        ],
        texts=("Step",),
    )


def incremental_saving(found: Json, tested_wall: float | None) -> str:
    """Return what an incremental load of the facts could save of a build."""
    steps, wall = found["steps"], found["second_wall"]
    append = steps["read"] + steps["check"] + steps["append"]
    replace = steps["read"] + steps["delete"] + steps["insert"]
    # Nodes may run side by side, so that the facts take no more than their seconds.
    facts_wall = min(found["facts_seconds"], wall)
    saved = max(0.0, facts_wall - append)
    text = (
        f"Loading the facts incrementally would take {small(append)} by appending, or"
        f" {small(replace)} by delete and insert, in place of at most"
        f" {seconds(facts_wall)} of the build. It could save at most {seconds(saved)}"
        f" of {seconds(wall)} ({saved / wall:.0%}): quartiles, ranks of days and hours,"
        " segments and reports count all orders and have to be made again."
    )
    if tested_wall:
        text += f" Of a build with tests that is {saved / tested_wall:.0%}."
    return text


def method(saved: Json) -> str:
    """Return how it was measured, and on what machine."""
    machine = saved["machine"]
    versions = ", ".join(f"{name} {text}" for name, text in machine["versions"].items())
    return (
        "## How it was measured\n\n"
        f"- `{saved['command']}`, {saved['date']}, commit {saved['commit']}.\n"
        f"- {machine['processor']}, {machine['cores_used']} of {machine['cores']}"
        f" cores, {gigabytes(machine['memory'])} of memory, {machine['system']};"
        f" {versions}.\n"
        f"- DuckDB's memory limit {saved['duckdb_memory_limit']}; load average"
        f" {machine['load_at_start']:.2f} at the start, at most"
        f" {most_others(saved['runs']):.2f} cores busy with anything else during a"
        " run.\n"
        "- Memory is the larger of two: resident memory summed over the process tree,"
        f" polled every {POLL_SECONDS * 1000:.0f} ms, and the kernel's peak of the"
        " largest process. A GB is 10⁹ bytes.\n"
        "- The raw files are read once before the first round, so that its first run"
        " finds them in the page cache as later ones do.\n"
        "- The plain script is what dbt executed, node by node, without tests and"
        " comments on columns; its tables are compared with dbt's, rows and checksums"
        " of each table in `marts` and `data_quality`. It lies in `target/bench`.\n"
        "- Answers are compared in SQL before a time counts; a contender that is"
        " killed, fails or computes something else does not run again.\n"
        "- Compared of customers: flags of loyalty, spending, order frequency and"
        " activity, region, age and income group, profile; of rows: price range,"
        " busiest day, days and period."
    )


# --- what growth measured -------------------------------------------------------


def growth_section(saved: Json, pictures: str) -> list[str]:
    """Return the page's parts on growth."""
    runs = sorted(saved["runs"], key=lambda run: run["scale"])
    machine = saved["machine"]
    commits = " and ".join(
        dict.fromkeys(run.get("commit", saved["commit"]) for run in runs)
    )
    parts = [
        "## Growth",
        "One `dbt build` with all tests per scale, DuckDB's memory limit"
        f" {gigabytes(saved['memory_limit'])}, {machine['cores_used']} cores"
        f" (last by `{saved['command']}`, {saved['date']}, commit {commits},"
        f" DuckDB {machine['versions']['duckdb']}). Spilled is the most that lay in"
        " DuckDB's temporary folder at once.",
    ]
    if runs:
        parts += [
            table(
                GROWTH_HEADINGS,
                [growth_row(run) for run in runs],
                texts=(),
            ),
            "![Seconds, peak memory and disk against the scale, on logarithmic axes,"
            f" as in the table above]({pictures}{GROWTH_PICTURE})",
            others_warning(saved),
            speed_warning(saved),
            target_table(growth_targets(saved)),
        ]
    return [*parts, *(f"Not measured: {sentence}" for sentence in saved["missing"])]


def growth_row(run: Json) -> tuple[str, ...]:
    return (
        f"{run['scale']:g}",
        f"{run['order_products']:,}",
        seconds(run["wall"]),
        seconds(run["cpu"]),
        *(gigabytes(run[name]) for name in ("memory", "spilled", "size", "raw")),
    )


# --- texts ----------------------------------------------------------------------


def table(
    headings: tuple[str, ...],
    rows: list[tuple[str, ...]],
    texts: tuple[str, ...] = ("Contender",),
) -> str:
    """Return a Markdown table: columns named in `texts` to the left, others right."""
    lines = [
        headings,
        tuple("---" if heading in texts else "---:" for heading in headings),
        *(tuple(text.replace("|", "\\|") for text in row) for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def seconds(value: float) -> str:
    return f"{value:,.1f} s"


def small(value: float) -> str:
    return f"{value:.2f} s"


def gigabytes(value: float) -> str:
    return f"{value / GB:,.2f} GB"


def spread(ratio: Spread | None) -> str:
    if not ratio:
        return NOTHING
    return ratio.text()


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def write_page(
    saved: Json, growth: Json, folder: Path, images: str, notes: str = ""
) -> Path:
    """Write page and pictures into a folder; return the page's path.

    images: name of the folder for pictures inside it, or nothing; notes: what the page
    ends with. Raises UserError if they can't be written.
    """
    # Loading it takes memory that the kernel would count as a contender's.
    from benchmark import pictures

    path = folder / "performance.md"
    text = page(saved, growth, f"{images}/" if images else "", notes)
    try:
        (folder / images).mkdir(parents=True, exist_ok=True)
        with replaced_when_complete(path) as partial:
            partial.write_text(text, "utf-8", newline="\n")
        for data, draw, name in (
            (saved, pictures.draw_contenders, CONTENDERS_PICTURE),
            (growth, pictures.draw_growth, GROWTH_PICTURE),
        ):
            if data and data["runs"]:
                with replaced_when_complete(folder / images / name) as partial:
                    draw(data, partial)
    except OSError as error:
        raise UserError(
            f"to write {shown(path)}",
            f"that it can't be written ({one_line(error)})",
            "see that it is free, or name another folder with --work",
        ) from None
    return path
