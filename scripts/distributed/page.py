"""The page of the warehouse on Spark, from saved results."""

from __future__ import annotations

from dataclasses import replace

from benchmark.nodes import KINDS, SLOWEST
from benchmark.page import (
    NOTHING,
    gigabytes,
    plural,
    seconds,
    speed_warning,
    table,
)

from distributed.events import (
    NO_NODE,
    Json,
    all_stages,
    executors_of,
    totals,
)
from distributed.model import (
    ASSUMPTIONS,
    DEADLINE,
    FARTHEST,
    LARGEST_VCPUS,
    ORDER_PRODUCTS,
    SERVICE_FEE,
    TIMES,
    Cost,
    Model,
    model,
)

MODEL = "model.instacart."
# The fact, and the report that joins it with itself.
SHOWN = ("int_order_products_joined", "rpt_product_pairs")
QUANTITIES = {
    "cpu": "CPU seconds of the workers",
    "rows": "rows read by all scans, millions",
    "read": "bytes read, GB",
    "shuffled": "bytes shuffled, GB",
    "wall": "seconds on this machine",
}
UNITS = {"cpu": 1.0, "rows": 1e6, "read": 1e9, "shuffled": 1e9, "wall": 1.0}


def page(saved: Json, benchmarks: Json) -> str:
    """Return the Markdown page. benchmarks: docs/benchmarks.json."""
    largest = [run for run in saved["runs"] if run["scale"] == saved["scale"]]
    duckdb, one, two = (
        next(run for run in largest if run["workers"] == workers)
        for workers in (0, 1, 2)
    )
    return (
        "\n\n".join(
            part
            for part in [
                "# Spark in figures",
                introduction(saved, two),
                *workers_section(saved, duckdb, one, two),
                *seconds_section(two),
                *stages_section(two),
                *bytes_section(two),
                *model_section(saved, benchmarks),
                *method(saved, two),
            ]
            if part
        )
        + "\n"
    )


def introduction(saved: Json, two: Json) -> str:
    return (
        "What the cluster of `make spark-up` takes to build the warehouse, where it"
        " goes, and what that would be with more data. Measured on generated files of"
        f" scale {saved['scale']:g}, {two['order_products']:,} order products, without"
        " tests on either engine; the last part is reckoned, not measured. How the"
        " cluster works is in [distributed.md](distributed.md)."
    )


# --- one worker against two -----------------------------------------------------


def workers_section(saved: Json, duckdb: Json, one: Json, two: Json) -> list[str]:
    headings = (
        *("Build", "Wall", "of which dbt's own clock", "CPU of executors"),
        *("of driver", "of dbt and publishing", "Task seconds", "Busy slots"),
        *("Spilled to disk", "Time against one worker"),
    )
    rows = [
        (
            "DuckDB",
            *(seconds(duckdb[key]) for key in ("wall", "elapsed")),
            *(NOTHING, NOTHING, seconds(duckdb["cpu"]), *[NOTHING] * 3),
            f"{duckdb['wall'] / one['wall']:.2f}",
        ),
        *(worker_row(run, one) for run in (one, two)),
    ]
    cores = saved["machine"]["cores"]
    busy = all_cpu(two) / two["wall"]
    return [
        "## One worker against two",
        table(headings, rows, texts=("Build",)),
        f"Two workers take {two['wall'] / one['wall']:.2f} of one's time:"
        f" {one['wall'] / two['wall']:.2f} times as fast. This is no cluster: both"
        f" workers share the {plural(cores, 'core')} of one machine with the driver,"
        f" which plans, and with dbt. All of them together keep {busy:.2f} of"
        f" {cores} cores busy with two workers, {all_cpu(one) / one['wall']:.2f} with"
        " one, so that a second worker can only use what the first leaves idle."
        f" Against DuckDB on the same cores the build with two workers takes"
        f" {two['wall'] / duckdb['wall']:.1f} times as long, and"
        f" {all_cpu(two) / duckdb['cpu']:.1f} times the CPU.",
        speed_warning(saved),
    ]


def worker_row(run: Json, one: Json) -> tuple[str, ...]:
    took = totals(all_stages(run["log"]))
    cpu = run["cluster_cpu"]
    return (
        f"Spark, {plural(run['workers'], 'worker')}",
        *(seconds(run[key]) for key in ("wall", "elapsed")),
        *(seconds(cpu.get(part, 0)) for part in ("executor", "Thrift server")),
        seconds(run["cpu"]),
        seconds(took["run_ms"] / 1e3),
        f"{took['run_ms'] / 1e3 / run['wall']:.2f} of {run['workers']}",
        gigabytes(took["disk_spilled"]),
        f"{run['wall'] / one['wall']:.2f}",
    )


def all_cpu(run: Json) -> float:
    """CPU seconds of the whole cluster, of dbt and of publishing."""
    return float(run["cpu"] + sum(run["cluster_cpu"].values()))


# --- where the seconds go -------------------------------------------------------


def seconds_section(run: Json) -> list[str]:
    nodes = run["nodes"]
    log = run["log"]["nodes"]
    kinds: dict[str, list[float]] = {}
    for name, took in nodes.items():
        kind = name.partition(".")[0]
        kinds.setdefault(KINDS.get(kind, kind), []).append(took)
    sums = ", ".join(
        f"{plural(len(each), kind)} {sum(each):,.1f} s" for kind, each in kinds.items()
    )
    # Of the models and seeds alone, for what they are compared with.
    tasks = totals(
        stage for name in nodes if name in log for stage in log[name]["stages"]
    )
    waited = 1 - tasks["run_ms"] / 1e3 / sum(nodes.values())
    slowest = sorted(nodes, key=lambda name: -nodes[name])[:SLOWEST]
    headings = (
        *("Node", "Seconds", "Task seconds", "of which CPU", "collecting garbage"),
        *("Jobs", "Stages", "Tasks"),
    )
    rows = []
    for name in slowest:
        node = log.get(name, {"jobs": 0, "stages": []})
        took = totals(node["stages"])
        rows.append(
            (
                f"`{short(name)}`",
                f"{nodes[name]:,.2f}",
                f"{took['run_ms'] / 1e3:,.2f}",
                f"{took['cpu_ns'] / 1e9:,.2f}",
                f"{took['gc_ms'] / 1e3:,.2f}",
                *(f"{each:,}" for each in (node["jobs"], took["stages"])),
                f"{took['tasks']:,}",
            )
        )
    median = sorted(nodes.values())[len(nodes) // 2]
    return [
        "## Where the seconds go",
        f"With two workers, dbt running two nodes at a time: {sums}. The middle node"
        f" takes {median:.1f} s. A node's seconds are dbt's; its tasks ran on the"
        f" workers for {tasks['run_ms'] / 1e3:,.1f} s of all"
        f" {sum(nodes.values()):,.1f} s,"
        + (
            f" and {waited:.0%} of a node's time goes into planning, code generation,"
            " the catalogue and waiting for a free slot."
            if waited > 0
            else " more than dbt waited for, since tasks run side by side."
        ),
        table(headings, rows, texts=("Node",)),
    ]


# --- stages per worker, bytes per model -----------------------------------------


def stages_section(run: Json) -> list[str]:
    headings = (
        *("Stage", "Worker", "Tasks", "Task seconds", "CPU", "Rows read"),
        *("Shuffle written", "Shuffle read", "Peak memory", "Spilled to disk"),
    )
    parts = [
        "## Stages per worker",
        "Of the fact and of the report of pairs, with two workers. Peak memory is that"
        " of a task's sorts, hash tables and joins. Workers of one machine read each"
        " other's shuffled rows from its disk; on a cluster they come by the network.",
    ]
    for name in SHOWN:
        node = run["log"]["nodes"].get(MODEL + name)
        if not node:
            continue
        rows = [
            stage_row(number, executor, totals([stage], executor))
            for number, stage in enumerate(node["stages"], start=1)
            for executor in executors_of([stage])
        ]
        rows += [
            stage_row("all", executor, totals(node["stages"], executor))
            for executor in executors_of(node["stages"])
        ]
        parts += [f"### `{name}`", table(headings, rows, texts=("Worker",))]
    return parts


def stage_row(stage: object, executor: str, took: Json) -> tuple[str, ...]:
    read = took["shuffle_read_local"] + took["shuffle_read_remote"]
    return (
        str(stage),
        f"executor {executor}",
        f"{took['tasks']:,}",
        f"{took['run_ms'] / 1e3:,.2f}",
        f"{took['cpu_ns'] / 1e9:,.2f}",
        f"{took['rows_read']:,}",
        *map(megabytes, (took["shuffle_written"], read)),
        *map(megabytes, (took["peak_memory"], took["disk_spilled"])),
    )


def bytes_section(run: Json) -> list[str]:
    log = run["log"]["nodes"]
    took = {name: totals(node["stages"]) for name, node in log.items()}
    most = sorted(took, key=lambda name: -took[name]["shuffle_written"])[:SLOWEST]
    whole = totals(all_stages(run["log"]))
    lines = [(f"`{short(name)}`", took[name]) for name in most if name != NO_NODE]
    headings = (
        *("Node", "Rows read", "Read", "Written", "Rows shuffled", "Shuffled"),
        *("Peak memory of a task", "Spilled to disk"),
    )
    rows = [
        (
            name,
            f"{each['rows_read']:,}",
            megabytes(each["bytes_read"]),
            megabytes(each["bytes_written"]),
            f"{each['shuffle_rows']:,}",
            megabytes(each["shuffle_written"]),
            *map(megabytes, (each["peak_memory"], each["disk_spilled"])),
        )
        for name, each in [*lines, ("the whole build", whole)]
    ]
    return [
        "## What is read and shuffled",
        "The nodes that shuffle most. A row counts as often as it is read.",
        table(headings, rows, texts=("Node",)),
    ]


# --- more data ------------------------------------------------------------------


def model_section(saved: Json, benchmarks: Json) -> list[str]:
    on_two = sorted(
        (run for run in saved["runs"] if run["workers"] == 2),
        key=lambda run: run["scale"],
    )
    found, checked = model(on_two, benchmarks)
    low, middle, high = (f"{run['scale']:g}" for run in on_two)
    return [
        "## With more data",
        "Reckoned. What Spark takes is a line through the builds of scale"
        f" {low} and {high}, per million order products; the build of scale {middle}"
        " is not fitted, and checks it.",
        fit_table(found, checked["errors"], middle),
        f"DuckDB's CPU grows by the power {found.duckdb.exponent:.3f} of the order"
        " products, from the [growth](performance.md#growth) at the scales 1 to 10,"
        f" which it misses by at most {max(map(abs, checked['growth_errors'])):.0%}; a"
        f" build without tests takes {checked['untested_share']:.0%} of that. At the"
        f" largest it kept {checked['busy']:.0%} of its cores busy. Its"
        f" memory is taken as that of the largest build there,"
        f" {found.memory:.1f} MB per million order products, though it"
        " took what it was allowed and spilled the rest.",
        duckdb_check(saved, found),
        f"A build on Spark has {checked['nodes']} nodes; the middle one took"
        f" {checked['median_node']:.1f} s at scale {low}, and two run at a time:"
        f" {found.overhead:,.0f} s in which no worker has anything to do, however many"
        " there are.",
        f"Seconds of a build are these and the CPU of the executors over the cores that"
        f" are busy. For scale {middle} on this machine, with"
        f" {plural(2, 'core')} of workers, that gives {checked['reckoned']:,.0f} s;"
        f" it took {checked['took']:,.0f} s"
        f" ({checked['reckoned'] / checked['took'] - 1:+.0%}), with driver and dbt on"
        " the same cores.",
        more_data_table(found),
        "“Cheapest” has no deadline: as many workers as waste least, and the smallest"
        f" machine that has the memory; “in time” is within {DEADLINE.value / 3600:g}"
        " h, start included. Raw files and tables lie in a store that all reach, which"
        " is not priced, as both would pay for it. The last row is"
        f" {TIMES[-1] * ORDER_PRODUCTS.value / on_two[-1]['order_products']:,.0f} times"
        " what was built on Spark: it gives the order of magnitude, as sorts that spill"
        " and keys with most of the rows cost more than in proportion.",
        "### Where Spark pays",
        verdict(found),
        sensitivity(found),
        "### Assumptions",
        table(
            ("Value", "Is", "Source"),
            [(f"{each.value:,.10g}", each.what, each.source) for each in ASSUMPTIONS],
            texts=("Is", "Source"),
        ),
        "A vCPU is taken to be as fast as a core of the machine that measured, for"
        " both engines.",
    ]


def fit_table(found: Model, errors: dict[str, float], scale: str) -> str:
    return table(
        ("Of a build", "Fixed", "Per million order products", f"Error at {scale}"),
        [
            (
                text,
                f"{found.lines[name].fixed / UNITS[name]:,.3g}",
                f"{found.lines[name].slope * 1e6 / UNITS[name]:,.3g}",
                f"{errors[name]:+.0%}",
            )
            for name, text in QUANTITIES.items()
        ],
        texts=("Of a build",),
    )


def duckdb_check(saved: Json, found: Model) -> str:
    """What DuckDB took beside Spark, against what it is reckoned to take."""
    run = next(
        run
        for run in saved["runs"]
        if run["workers"] == 0 and run["scale"] == saved["scale"]
    )
    return (
        f"Beside Spark, at scale {saved['scale']:g}, it took {seconds(run['cpu'])} of"
        f" CPU; the power gives {seconds(found.duckdb.at(run['order_products']))}. It"
        " leaves out what dbt and its nodes take however few the rows are, which counts"
        " for less the more there are."
    )


def more_data_table(found: Model) -> str:
    headings = (
        *("Data", "Order products", "Rows read", "Shuffled", "CPU of executors"),
        *("Spark, cheapest", "Spark, in time", "DuckDB's CPU", "DuckDB, cheapest"),
        "DuckDB, in time",
    )
    rows: list[tuple[str, ...]] = []
    for times in TIMES:
        at = times * ORDER_PRODUCTS.value
        lines = found.lines
        rows.append(
            (
                f"{times:,} times" if times > 1 else "as it is",
                large(at),
                large(lines["rows"].at(at)),
                gigabytes(lines["shuffled"].at(at)),
                hours(lines["cpu"].at(at)),
                cost(found.spark_cheapest(at), "worker"),
                cost(found.spark_in_time(at), "worker"),
                hours(found.duckdb.at(at)),
                cost(found.duckdb_cheapest(at)),
                cost(found.duckdb_in_time(at)),
            )
        )
    return table(headings, rows, texts=())


def verdict(found: Model) -> str:
    """Return from where Spark is cheaper, and from where it alone is possible."""
    at = TIMES[-1] * ORDER_PRODUCTS.value
    ratio = found.lines["cpu"].at(at) / found.duckdb.at(at)
    cheaper, possible = found.cheaper(), found.first_possible()
    much = (
        f"With {TIMES[-1]:,} times the data its executors take {ratio:.1f} times"
        " DuckDB's CPU,"
    )
    if cheaper is None:
        money = (
            f"**Spark is never cheaper than a DuckDB machine that can do the build.**"
            f" {much} and a vCPU costs both the same"
            f" ({SERVICE_FEE.value:.0%} more where a service runs Spark)."
            f" Searched up to {FARTHEST:,} times the data, as far as the largest"
            " machine has the memory."
        )
    else:
        money = f"**Spark is cheaper from {far(cheaper)} on**, by this model. {much}"
        money += " less what DuckDB's faster growth makes up for."
    memory, time = found.memory_binds(), found.time_binds()
    first = "memory" if memory < time else "time"
    limits = (
        f" The largest common machine ({LARGEST_VCPUS.value:g} vCPUs) has the memory"
        f" up to {far(memory)}, and keeps a deadline of {DEADLINE.value / 3600:g} h up"
        f" to {far(time)}: {first} binds first."
        " Memory is the softer bound: DuckDB spills what exceeds it."
    )
    if possible is None:
        return (
            f"{money}{limits} Up to {FARTHEST:,} times the data there is no point from"
            " which Spark keeps the deadline and DuckDB does not."
        )
    price = found.spark_in_time(possible)
    return (
        f"{money}{limits} **Spark is first needed from {far(possible)} on**: there it"
        f" keeps the deadline with {cost(price, 'worker')}."
        " Below that, time and money speak for one machine."
    )


def sensitivity(found: Model) -> str:
    """Return how much of that depends on what is assumed."""
    cases = {
        "as assumed": found,
        "DuckDB keeps half as many cores busy": replace(
            found, duckdb_efficiency=found.duckdb_efficiency / 2
        ),
        "Spark keeps all cores busy": replace(found, spark_efficiency=1.0),
        "Spark takes half the CPU, as with native code": replace(found, spark_cpu=0.5),
        "DuckDB takes half the memory, and spills": replace(
            found, memory=found.memory / 2
        ),
    }
    return table(
        ("If", "Spark is cheaper from", "Spark is needed from"),
        [
            (name, far(each.cheaper()), far(each.first_possible()))
            for name, each in cases.items()
        ],
        texts=("If",),
    )


# --- method ---------------------------------------------------------------------


def method(saved: Json, two: Json) -> list[str]:
    machine = saved["machine"]
    versions = machine["versions"]
    runs: list[tuple[str, ...]] = [
        (
            f"{run['scale']:g}",
            f"{run['order_products']:,}",
            f"Spark, {plural(run['workers'], 'worker')}"
            if run["workers"]
            else "DuckDB",
            seconds(run["wall"]),
            seconds(all_cpu(run) if run["workers"] else run["cpu"]),
            gigabytes(run["warehouse"]) if run["workers"] else NOTHING,
        )
        for run in saved["runs"]
    ]
    return [
        "## How it was measured",
        f"- `{saved['command']}`, {saved['date']}, commit {saved['commit']}.\n"
        f"- {machine['processor']}, {plural(machine['cores'], 'core')},"
        f" {gigabytes(machine['memory'])} of memory, {machine['system']}; load average"
        f" {machine['load_at_start']:.2f} at the start; Python {versions['Python']},"
        f" dbt-core {versions['dbt-core']}, duckdb {versions['duckdb']}, Spark"
        f" {two['log']['spark']}, Java {two['log']['java']}.\n"
        f"- Memory: DuckDB's limit {saved['memory']['DuckDB']}, a worker's"
        f" {saved['memory']['worker']}; a worker has one core.\n"
        "- One build each, on a cluster of its own, started before the clock is; the"
        " project is read anew, and the raw files are in the page cache. The wall clock"
        " has the check of the raw files and on Spark the publishing of the result"
        " (DuckDB publishes nothing without tests); dbt's own clock has neither.\n"
        "- CPU is that of whole processes, with collecting garbage and compiling; task"
        " seconds, bytes and memory are Spark's own, from its log of events, joined to"
        " models by the comment at the head of dbt's queries.",
        table(
            ("Scale", "Order products", "Build", "Wall", "CPU, all", "Tables on Spark"),
            runs,
            texts=("Build",),
        ),
    ]


# --- texts ----------------------------------------------------------------------


def short(name: str) -> str:
    """A node's own name, of its id."""
    return name.split(".", 2)[-1]


def megabytes(value: float) -> str:
    return f"{value / 1e6:,.1f} MB"


def large(value: float) -> str:
    return (
        f"{value / 1e9:,.1f} billion" if value >= 1e9 else f"{value / 1e6:,.0f} million"
    )


def hours(value: float) -> str:
    return f"{value / 3600:,.2f} h"


def cost(found: Cost | None, word: str = "") -> str:
    """Machines, time and money of a build."""
    if found is None:
        return "not possible"
    machines = plural(found.machines, word) if word else f"{found.vcpus:g} vCPUs"
    return f"{machines}, {found.seconds / 60:,.0f} min, ${found.dollars:,.2f}"


def far(rows: float | None) -> str:
    """So many times the data as it is."""
    if rows is None:
        return "never"
    return f"{rows / ORDER_PRODUCTS.value:,.0f} times the data ({large(rows)} rows)"
