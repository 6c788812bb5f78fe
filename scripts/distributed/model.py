"""Time and money for more data than was measured, on Spark and on one DuckDB machine.

What Spark takes is a fixed part and one in proportion to the order products, from the
smallest and the largest build that were measured. What DuckDB takes grows by a power of
them, from its measured growth (docs/performance.md). All else is an assumption, below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from distributed.events import Json, all_stages, totals

# --- assumptions ----------------------------------------------------------------

PRICES = (
    "EC2 on demand, Linux, us-west-2: r5.4xlarge (16 vCPU, 128 GB) 1.008 USD an hour,"
    " of the price example in AWS's best practices for EMR (looked up 2026-11-28), and"
    " m5.xlarge (4 vCPU, 16 GB) 0.192 USD, of public price lists"
)


@dataclass(frozen=True)
class Assumption:
    """A figure that was not measured here, what it is, and where it comes from."""

    value: float
    what: str
    source: str


VCPU_HOUR = Assumption(0.033, "USD per vCPU and hour", PRICES)
GB_HOUR = Assumption(0.00375, "USD per GB of memory and hour", "as above")
SERVICE_FEE = Assumption(
    0.25,
    "of the machines' price is added by a service that runs Spark; left out below",
    "EMR on EC2, r5.4xlarge, 0.252 USD an hour: as above",
)
GB_PER_VCPU = Assumption(8, "GB of memory per vCPU, of every machine", "r5 and r6i")
WORKER_VCPUS = Assumption(16, "vCPUs of a worker", "r5.4xlarge")
DRIVER_VCPUS = Assumption(4, "vCPUs of the machine of driver and dbt", "r5.xlarge")
LARGEST_VCPUS = Assumption(
    128, "vCPUs of the largest common machine, with 1,024 GB", "r6i.32xlarge"
)
SPARK_EFFICIENCY = Assumption(
    0.7, "of the workers' cores are busy while tasks run", "assumed: skew, stragglers"
)
DUCKDB_EFFICIENCY = Assumption(
    0.7, "of DuckDB's cores are busy", "assumed: less than on two cores, above"
)
WORKER_NETWORK = Assumption(
    1.25e9, "bytes a second that a worker sends while nothing else runs", "10 Gbit/s"
)
CLUSTER_START = Assumption(300, "seconds until a cluster takes queries", "assumed")
MACHINE_START = Assumption(60, "seconds until a machine takes commands", "assumed")
DEADLINE = Assumption(3600, "seconds that a build may take, where time counts", "set")
ORDER_PRODUCTS = Assumption(
    33_819_106, "order products are the data as it is", "Instacart's files, 2017"
)
ASSUMPTIONS = (
    *(VCPU_HOUR, GB_HOUR, SERVICE_FEE, GB_PER_VCPU, WORKER_VCPUS, DRIVER_VCPUS),
    *(LARGEST_VCPUS, SPARK_EFFICIENCY, DUCKDB_EFFICIENCY, WORKER_NETWORK),
    *(CLUSTER_START, MACHINE_START, DEADLINE, ORDER_PRODUCTS),
)
# So many times the data as it is are reckoned, and searched for a crossing.
TIMES = (1, 10, 100, 1000)
FARTHEST = 100_000
# dbt-spark's threads in profiles.yml.
DBT_THREADS = 2


def price(vcpus: float) -> float:
    """USD an hour of a machine."""
    return vcpus * (VCPU_HOUR.value + GB_PER_VCPU.value * GB_HOUR.value)


# --- what was measured ----------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A fixed part, and one per order product."""

    fixed: float
    slope: float

    def at(self, rows: float) -> float:
        return max(0.0, self.fixed + self.slope * rows)


@dataclass(frozen=True)
class Power:
    """What grows by a power of the order products."""

    factor: float
    exponent: float

    def at(self, rows: float) -> float:
        return float(self.factor * rows**self.exponent)

    def reaches(self, value: float) -> float:
        """The order products at which it comes to a value."""
        return float((value / self.factor) ** (1 / self.exponent))


def line_through(first: tuple[float, float], last: tuple[float, float]) -> Line:
    slope = (last[1] - first[1]) / (last[0] - first[0])
    return Line(first[1] - slope * first[0], slope)


def power_through(points: Iterable[tuple[float, float]]) -> Power:
    """The power that fits best: least squares of the logarithms."""
    logs = [(math.log(rows), math.log(value)) for rows, value in points]
    middle = [sum(each) / len(logs) for each in zip(*logs, strict=True)]
    exponent = sum((x - middle[0]) * (y - middle[1]) for x, y in logs) / sum(
        (x - middle[0]) ** 2 for x, _ in logs
    )
    return Power(math.exp(middle[1] - exponent * middle[0]), exponent)


def quantities(run: Json) -> dict[str, float]:
    """What a build on Spark took, as far as it depends on the data."""
    took = totals(all_stages(run["log"]))
    return {
        "wall": run["wall"],
        "cpu": run["cluster_cpu"]["executor"],
        "rows": took["rows_read"],
        "read": took["bytes_read"],
        "shuffled": took["shuffle_written"],
    }


def fitted(smallest: Json, largest: Json) -> dict[str, Line]:
    """A line through two builds on Spark, by quantity."""
    first, last = quantities(smallest), quantities(largest)
    rows = smallest["order_products"], largest["order_products"]
    return {
        name: line_through((rows[0], first[name]), (rows[1], last[name]))
        for name in first
    }


def errors(lines: Mapping[str, Line], check: Json) -> dict[str, float]:
    """By which share the lines miss a build that they don't go through."""
    return {
        name: lines[name].at(check["order_products"]) / value - 1
        for name, value in quantities(check).items()
    }


# --- time and money -------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """A build on some machines: how many vCPUs, seconds, and USD."""

    machines: int
    vcpus: float
    seconds: float
    dollars: float


@dataclass(frozen=True)
class Model:
    """All that time and money depend on.

    overhead: seconds of a build on Spark in which dbt and the driver keep the workers
    waiting; duckdb: CPU seconds; memory: bytes that DuckDB takes per order product.
    """

    lines: Mapping[str, Line]
    overhead: float
    duckdb: Power
    memory: float
    spark_efficiency: float = SPARK_EFFICIENCY.value
    duckdb_efficiency: float = DUCKDB_EFFICIENCY.value
    spark_cpu: float = 1.0

    # --- Spark

    def shared_seconds(self, rows: float) -> float:
        """Seconds of a build that one worker would take, and several share."""
        busy = WORKER_VCPUS.value * self.spark_efficiency
        cpu = self.lines["cpu"].at(rows) * self.spark_cpu
        return cpu / busy + self.lines["shuffled"].at(rows) / WORKER_NETWORK.value

    def spark(self, rows: float, workers: int) -> Cost:
        fixed = CLUSTER_START.value + self.overhead
        seconds = fixed + self.shared_seconds(rows) / workers
        vcpus = workers * WORKER_VCPUS.value + DRIVER_VCPUS.value
        return Cost(workers, vcpus, seconds, price(vcpus) * seconds / 3600)

    def spark_cheapest(self, rows: float) -> Cost:
        """Without a deadline: more workers only pay for more of them waiting."""
        fixed = CLUSTER_START.value + self.overhead
        share = DRIVER_VCPUS.value / WORKER_VCPUS.value
        best = math.sqrt(share * self.shared_seconds(rows) / fixed)
        tried = {max(1, math.floor(best)), math.ceil(best) or 1}
        return min(
            (self.spark(rows, workers) for workers in tried),
            key=lambda cost: cost.dollars,
        )

    def spark_in_time(self, rows: float) -> Cost | None:
        """The fewest workers that keep the deadline; None if none can."""
        left = DEADLINE.value - CLUSTER_START.value - self.overhead
        if left <= 0:
            return None
        return self.spark(rows, max(1, math.ceil(self.shared_seconds(rows) / left)))

    # --- DuckDB

    def duckdb_on(self, rows: float, vcpus: int) -> Cost:
        busy = vcpus * self.duckdb_efficiency
        seconds = MACHINE_START.value + self.duckdb.at(rows) / busy
        return Cost(1, vcpus, seconds, price(vcpus) * seconds / 3600)

    def duckdb_machines(self, rows: float) -> list[Cost]:
        """A build on each machine that has the memory, the smallest first."""
        sizes = [2**power for power in range(1, int(LARGEST_VCPUS.value).bit_length())]
        return [
            self.duckdb_on(rows, vcpus)
            for vcpus in sizes
            if vcpus * GB_PER_VCPU.value * 1e9 >= self.memory * rows
        ]

    def duckdb_cheapest(self, rows: float) -> Cost | None:
        costs = self.duckdb_machines(rows)
        return min(costs, key=lambda cost: cost.dollars) if costs else None

    def duckdb_in_time(self, rows: float) -> Cost | None:
        """The smallest machine that keeps the deadline; None if none does."""
        costs = self.duckdb_machines(rows)
        return next((cost for cost in costs if cost.seconds <= DEADLINE.value), None)

    # --- where they cross, in order products

    def memory_binds(self) -> float:
        """From here on the largest machine has less memory than DuckDB took per row."""
        return LARGEST_VCPUS.value * GB_PER_VCPU.value * 1e9 / self.memory

    def time_binds(self) -> float:
        """From here on the largest machine misses the deadline."""
        cores = LARGEST_VCPUS.value * self.duckdb_efficiency
        return self.duckdb.reaches((DEADLINE.value - MACHINE_START.value) * cores)

    def first_possible(self) -> float | None:
        """From here on Spark keeps the deadline, and no DuckDB machine does."""
        return crossing(
            lambda rows: (
                not self.duckdb_in_time(rows) and self.spark_in_time(rows) is not None
            )
        )

    def cheaper(self) -> float | None:
        """From here on Spark costs less, without a deadline, while both can."""

        def is_cheaper(rows: float) -> bool:
            other = self.duckdb_cheapest(rows)
            if other is None:
                return False
            return self.spark_cheapest(rows).dollars < other.dollars

        return crossing(is_cheaper)


def crossing(is_so: Callable[[float], bool]) -> float | None:
    """The least order products, to a percent, from which something is so.

    From the data as it is to FARTHEST times as much; None if it never is.
    """
    steps = math.ceil(math.log(FARTHEST) / math.log(1.01))
    for step in range(steps + 1):
        rows = ORDER_PRODUCTS.value * 1.01**step
        if is_so(rows):
            return rows
    return None


def model(runs: Sequence[Json], benchmarks: Json) -> tuple[Model, Json]:
    """The model of measured builds on two workers, the smallest first.

    Each worker has a core. benchmarks: docs/benchmarks.json. Returns, too, what the
    middle build says of the model, and what the model was made of.
    """
    smallest, check, largest = runs
    lines = fitted(smallest, largest)
    seconds = smallest["nodes"].values()
    growth = [run for run in benchmarks["growth"]["runs"] if run["scale"] >= 1]
    points = [(run["order_products"], run["cpu"]) for run in growth]
    power = power_through(points)
    share = untested_share(benchmarks["comparison"]["runs"])
    last = max(growth, key=lambda run: run["order_products"])
    found = Model(
        lines=lines,
        overhead=len(seconds) * median(seconds) / DBT_THREADS,
        duckdb=Power(power.factor * share, power.exponent),
        memory=last["memory"] / last["order_products"],
    )
    cores = check["workers"] * SPARK_EFFICIENCY.value
    cpu = lines["cpu"].at(check["order_products"])
    return found, {
        "errors": errors(lines, check),
        "reckoned": found.overhead + cpu / cores,
        "took": check["wall"],
        "median_node": median(seconds),
        "nodes": len(seconds),
        "untested_share": share,
        "busy": last["cpu"]
        / last["wall"]
        / benchmarks["growth"]["machine"]["cores_used"],
        "growth_errors": [power.at(rows) / cpu - 1 for rows, cpu in points],
    }


def untested_share(runs: Iterable[Json]) -> float:
    """CPU seconds of a build without tests, as a share of one with them."""
    cpu: dict[str, list[float]] = {}
    for run in runs:
        cpu.setdefault(run["contender"], []).append(run["cpu"])
    return median(cpu["dbt_run"]) / median(cpu["dbt_build"])
