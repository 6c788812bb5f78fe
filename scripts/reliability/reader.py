"""One process that reads a published file again and again, by one client.

    python -m reliability.reader CLIENT FILE PUBLISHED QUERIES

PUBLISHED is a file with the number of the newest build. Every visit opens FILE, asks
for all totals QUERIES times, and closes it. "ready" is printed after the first visit;
when standard input ends, JSON of what was found (see `Found`).
"""

from __future__ import annotations

import json
import select
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from reliability.sessions import SESSIONS
from reliability.stamps import QUERY, Totals, totals

# Between two queries of a visit, so that builds are published meanwhile.
PAUSE_SECONDS = 0.02


@dataclass
class Found:
    """What a reader met.

    mixed: answers with totals of several builds, or of none. stale: answers of an older
    build than was published before the visit. builds: different builds seen. longest:
    seconds of a visit from opening to closing, but for the first.
    """

    client: str
    queries_per_visit: int
    visits: int = 0
    queries: int = 0
    failed: int = 0
    failure: str = ""
    mixed: int = 0
    stale: int = 0
    builds: int = 0
    longest: float = 0.0


def visit(client: str, path: str, queries: int) -> list[Totals]:
    """The answers to a query that is asked some times while a file is open."""
    with SESSIONS[client](path) as ask:
        answers = [ask(QUERY)]
        for _ in range(queries - 1):
            time.sleep(PAUSE_SECONDS)
            answers.append(ask(QUERY))
        return answers


def read_on(client: str, path: str, published: Path, queries: int) -> Found:
    """Visit a file until standard input ends."""
    found = Found(client, queries)
    builds = set()
    while not select.select([sys.stdin], [], [], 0)[0]:
        newest = int(published.read_text())
        started = time.monotonic()
        try:
            answers = visit(client, path, queries)
        except Exception as error:
            found.failed += 1
            found.failure = found.failure or f"{type(error).__name__}: {error}"
            answers = []
        found.longest = max(found.longest, time.monotonic() - started)
        found.visits += 1
        found.queries += len(answers)
        for rows in answers:
            build = build_of(rows)
            found.mixed += build is None
            found.stale += build is not None and build < newest
            builds.add(build)
        if found.visits == 1:
            # The first visit loads the client.
            found.longest = 0.0
            print("ready", flush=True)
    found.builds = len(builds)
    return found


def build_of(rows: Totals) -> int | None:
    """The one build that all totals belong to."""
    build = rows[0][1]
    return build if rows == totals(build) else None


if __name__ == "__main__":
    client, path, published, queries = sys.argv[1:]
    print(json.dumps(asdict(read_on(client, path, Path(published), int(queries)))))
