"""Build two packages, try every client on them, save what was found, write the page."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from benchmark.commands import CORES, commit, held, save, say
from benchmark.measure import chosen_cores, machine
from benchmark.rounds import read_json
from instacart import config
from instacart.config import PROJECT_DIR, shown
from instacart.errors import UserError
from instacart.files import replaced_when_complete
from instacart.publish.versions import show, versions
from instacart.synthetic.generate import generate
from reliability.builds import Site, say_progress
from reliability.clients import READERS, folder

from bi.clients import CLIENTS, Client
from bi.page import with_results
from bi.questions import QUERIES
from bi.trial import Content, Found, try_client

RESULTS, PAGE = "results.json", "bi.md"
PACKAGE, SCALE, SEEDS = "careerfoundry", 0.0005, (1, 2)
# While a client is asked in a loop.
PUBLISHES = 6


def run(work: Path, names: Sequence[str], publishes: int) -> int:
    """Try clients; return 1 if one that is advised doesn't pass.

    Raises UserError if clients are not installed or a build fails.
    """
    folder(READERS)
    with held(work):
        saved = {
            "date": date.today().isoformat(),
            "commit": commit(),
            "machine": machine(chosen_cores(CORES)),
            "is_full": list(names) == list(CLIENTS) and publishes >= PUBLISHES,
            "found": [],
        }
        site = built_twice(work)
        failed = []
        for name in names:
            client = CLIENTS[name]
            if reason := client.missing():
                say(f"  {name}: not tried, {reason}")
                saved["is_full"] = False
                continue
            found = tried(name, client, site, work / "clients" / name, publishes)
            saved["found"].append(asdict(found))
            save(work / RESULTS, saved)
            say_progress(line(found))
            if client.is_advised and not found.is_passed:
                failed.append(name)
        passed = sum(Found(**each).is_passed for each in saved["found"])
        say(f"Passed  {passed} of {len(saved['found'])} clients tried")
        if failed:
            say(f"Failed  {', '.join(failed)}")
        say(f"Files   {shown(work)}, with the log of Superset")
        say(f"Page    {shown(write(work, saved))}")
    return int(bool(failed))


def built_twice(work: Path) -> Site:
    """Two packages, each built and published by a build of the project."""
    shutil.rmtree(work / "clients", ignore_errors=True)
    site = Site(work / "warehouse", "instacart build")
    shutil.rmtree(site.folder, ignore_errors=True)
    for seed in SEEDS:
        raw = work / "raw" / str(seed)
        shutil.rmtree(raw, ignore_errors=True)
        generate(raw, PACKAGE, SCALE, seed)
        say_progress(f"built in {site.build(raw):,.0f} s: package of seed {seed}")
    return site


def tried(name: str, client: Client, site: Site, work: Path, publishes: int) -> Found:
    """What a client did; an error of its start is one of the client."""
    built = site.database.with_name(f"{site.database.name}{config.BUILT}")
    kept = versions(built / config.VERSIONS)
    contents = {number: content(path) for number, path in kept.items()}
    before = {path: digest(path) for path in kept.values()}
    found = Found(name, client.versions())
    shutil.rmtree(work, ignore_errors=True)

    def publish(number: int) -> None:
        show(kept[number], site.database)

    publish(min(kept))
    with client.opened(site.database, work) as ask:
        try_client(found, ask, publish, contents, publishes, client.askers)
    wal = site.database.with_name(f"{site.database.name}.wal")
    after = {path: digest(path) for path in kept.values()}
    found.untouched = before == after and not wal.exists()
    return found


def content(path: Path) -> Content:
    """What DuckDB itself reads in a published file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        answers = {
            question: connection.execute(sql).fetchall()
            for question, sql in QUERIES.items()
        }
    return {
        question: list(rows[0]) if len(rows) == 1 else [row[0] for row in rows]
        for question, rows in answers.items()
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def line(found: Found) -> str:
    """A line of progress."""
    if not found.is_passed:
        return f"{found.client}: does not pass; {found.failure or asdict(found)}"
    return (
        f"{found.client}: passed; new data by {found.new_data},"
        f" {found.queries:,} queries over {found.publishes} publishes"
    )


def write_again(work: Path) -> int:
    """Write the page from what was saved. Raises UserError if nothing was."""
    saved = read_json(work / RESULTS)
    if not saved:
        raise UserError(f"results in {shown(work)}", "none", "run `make bi` first")
    say(f"Page    {shown(write(work, saved))}")
    return 0


def write(work: Path, saved: dict[str, Any]) -> Path:
    """Put the results into the page: that of docs if every client was tried."""
    page = PROJECT_DIR / "docs" / PAGE
    path = page if saved["is_full"] else work / PAGE
    with replaced_when_complete(path) as partial:
        text = with_results(page.read_text("utf-8"), saved)
        partial.write_text(text, "utf-8", newline="\n")
    return path
