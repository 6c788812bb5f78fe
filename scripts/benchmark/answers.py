"""Whether contenders computed what the warehouse did: tables, and answers in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from instacart import checksums, config
from instacart.warehouse import literal

Tables = dict[str, checksums.Table]
# What each file of answers holds: key, columns with types, and the warehouse's own.
ANSWERS = {
    "customers": (
        ("customer_id",),
        {
            "customer_id": "integer",
            "loyalty_flag": "varchar",
            "spending_flag": "varchar",
            "order_frequency_flag": "varchar",
            "activity_flag": "varchar",
            "region": "varchar",
            "age_group": "varchar",
            "income_group": "varchar",
            "customer_profile": "varchar",
        },
        """
        select
            customer_id, loyalty_flag, spending_flag, order_frequency_flag,
            activity_flag, region, age_group, income_group, customer_profile
        from marts.dim_customers
        """,
    ),
    "departments": (
        ("department",),
        {
            "department": "varchar",
            "order_product_count": "bigint",
            "revenue": "decimal(18, 2)",
        },
        "select department, order_product_count, revenue from marts.rpt_departments",
    ),
    "rows": (
        ("flag", "label"),
        {"flag": "varchar", "label": "varchar", "order_product_count": "bigint"},
        """
        with labelled as (
            select
                dim_products.price_range,
                fct_orders.busiest_day,
                fct_orders.busiest_days,
                fct_orders.busiest_period_of_day
            from marts.fct_order_products
            inner join marts.fct_orders using (order_id)
            inner join marts.dim_products using (product_id)
            where fct_order_products.is_analysed
        )
        select flag, label, count(*) as order_product_count
        from (unpivot labelled on columns(*) into name flag value label)
        group by all
        """,
    ),
}


def keep_answers(database: Path, folder: Path) -> None:
    """Write the warehouse's answers to Parquet files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with connected(database, folder / "tmp") as warehouse:
        for name, (_, columns, query) in ANSWERS.items():
            casts = ", ".join(f"cast({n} as {t}) as {n}" for n, t in columns.items())
            warehouse.execute(
                f"copy (select {casts} from ({query})) to {literal(folder / name)}"
                " (format parquet)"
            )


def compare_answers(kept: Path, out: Path) -> dict[str, Any]:
    """Compare a contender's `answers_*.csv` with what keep_answers kept.

    Returns the numbers of `customers`, `departments` and `rows` that differ (missing
    and superfluous ones count, copies too; -1 for a file that can't be read), and
    `example`, a few words about one; empty if none does.
    """
    found: dict[str, Any] = {"example": ""}
    with connected(":memory:", out / "tmp") as connection:
        for name, (keys, columns, _) in ANSWERS.items():
            path = out / f"answers_{name}.csv"
            query = difference_query(kept / name, path, keys, list(columns))
            types = ", ".join(f"'{n}': '{t}'" for n, t in columns.items())
            try:
                rows = connection.execute(query.format(types=types))
                titles = [column[0] for column in rows.description]
                first = rows.fetchone()
            except duckdb.Error as error:
                found[name] = -1
                found["example"] = found["example"] or (
                    f"{path.name} can't be read: {first_line(error, out)}"
                )
                continue
            found[name] = first[0] if first else 0
            if first and not found["example"]:
                found["example"] = describe(
                    name, keys, dict(zip(titles, first, strict=True))
                )
    return found


def difference_query(
    kept: Path, path: Path, keys: tuple[str, ...], columns: list[str]
) -> str:
    """Return a query for one differing row, with the number of all in front."""
    # A copy has a number that no row of the other side has.
    same_key = " and ".join(
        f"ours.{key} is not distinct from theirs.{key}" for key in (*keys, "copy")
    )
    numbered = f"select *, row_number() over (partition by {', '.join(keys)}) as copy"
    differs = " or ".join(f"ours.{n} is distinct from theirs.{n}" for n in columns)
    shown = ", ".join(
        f'ours.{n} as "ours {n}", theirs.{n} as "theirs {n}"'
        for n in (*columns, "copy")
    )
    return f"""
        select count(*) over () as difference_count, {shown}
        from ({numbered} from read_parquet({literal(kept)})) as ours
        full join (
            {numbered} from read_csv(
                {literal(path)}, header = true, delim = ',', quote = '"', escape = '"',
                auto_detect = false, nullstr = '', columns = {{{{{{types}}}}}}
            )
        ) as theirs
        on {same_key}
        where {differs}
        order by {", ".join(f"coalesce(ours.{key}, theirs.{key})" for key in keys)}
        limit 1
    """


def describe(name: str, keys: tuple[str, ...], row: dict[str, Any]) -> str:
    """Return a sentence about a row that differs: what was expected and found."""
    sides = {
        side: {n.partition(" ")[2]: v for n, v in row.items() if n.startswith(side)}
        for side in ("ours", "theirs")
    }
    ours, theirs = sides["ours"], sides["theirs"]
    known = ours if any(ours[key] is not None for key in keys) else theirs
    what = f"{name.rstrip('s')} {', '.join(str(known[key]) for key in keys)}"
    if known is theirs and theirs["copy"] > 1:
        return f"{what} is in more than one row"
    if known is theirs:
        return f"{what} is not in the warehouse"
    if all(theirs[key] is None for key in keys):
        return f"{what} is missing"
    column = next(n for n in ours if ours[n] != theirs[n])
    return f"{what}: expected {column} {ours[column]}, found {theirs[column]}"


def table_checksums(
    database: Path, schemas: tuple[str, ...] = checksums.PUBLISHED
) -> Tables:
    """Return rows and checksum of every table of some schemas, by checksums.measure.

    Raises UserError if there is nothing to read.
    """
    return checksums.measure(schemas, database)


def different_tables(expected: Tables, found: Tables) -> list[str]:
    """Return the names of the tables whose rows or checksums differ, sorted."""
    names = expected.keys() | found.keys()
    return sorted(name for name in names if expected.get(name) != found.get(name))


def connected(
    database: Path | str, spilled: Path, *, read_only: bool = True, threads: int = 0
) -> duckdb.DuckDBPyConnection:
    """Open a database with the project's settings, or one in memory.

    spilled: folder for what doesn't fit in memory; threads: other than set, if not 0.
    """
    settings: dict[str, Any] = {
        **config.duckdb_config(),
        "temp_directory": str(spilled),
    }
    if threads:
        settings["threads"] = str(threads)
    read_only = read_only and database != ":memory:"
    connection = duckdb.connect(str(database), read_only=read_only, config=settings)
    connection.execute("set enable_progress_bar = false")
    return connection


def first_line(error: Exception, folder: Path) -> str:
    """Return an error's first line, without the folder, which is of one machine."""
    return str(error).replace(f"{folder}/", "").strip().splitlines()[0]
