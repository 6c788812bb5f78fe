"""Download the real 2017 data from Kaggle: all of it, checked, or nothing.

kagglehub, an extra, fetches and unpacks the archive into a hidden folder among the raw
files. They are moved to their places when each has as many rows as published; a file
that is there already is never replaced.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shlex
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import (
    ExitStack,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from pathlib import Path

import click

from instacart import config, words
from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.files import held_folder
from instacart.generated_files import (
    WORK,
    is_half_published,
    is_unchanged,
    recorded_files,
)
from instacart.origin import INSTACART

DATASET = "psparks/instacart-market-basket-analysis"
PAGE = f"https://www.kaggle.com/datasets/{DATASET}"
BY_HAND = f"download it from {PAGE} by hand"
# The metric and dimension of published_figures.csv that has the number of rows.
FILES = {
    "orders.csv": ("orders", "all"),
    "order_products__prior.csv": ("prior order products", "all"),
    "order_products__train.csv": ("train order products", "all"),
    "products.csv": ("catalogue", "products"),
    "aisles.csv": ("catalogue", "aisles"),
    "departments.csv": ("catalogue", "departments"),
}
# Of the archive and the unpacked files, which lie on the disk together for a while.
BYTES_NEEDED = 1_000_000_000
# kagglehub waits for ever for a connection that is gone, and writes whole megabytes.
SILENT_SECONDS = 120
HOLDING = ".downloading"
TERMS = f"""\
The Instacart Online Grocery Shopping Dataset 2017, from the copy at
{PAGE}
(0.2 GB to download, 0.7 GB unpacked), may be used on these terms only:
  - Use it for non-commercial purposes.
  - Do not redistribute it, whole or in part.
  - Cite it: {INSTACART}
"""


def run(raw: Path, is_accepted: bool) -> list[str]:
    """Download into a folder; return the lines of the summary.

    Asks on a terminal whether the terms are accepted, unless that is said already.
    Raises UserError, with the folder as it was, if not everything goes well.
    """
    check_extra()
    check_has_no_data(raw)
    print(TERMS, flush=True)
    if not is_accepted:
        ask()
    held = UserError(
        f"one download into {shown(raw)} at a time",
        "another that is running",
        "wait until it ends",
    )
    is_new = not raw.exists()
    raw.mkdir(parents=True, exist_ok=True)
    try:
        with held_folder(raw / HOLDING, held, unusable) as work:
            check_room(raw)
            print(f"Downloading and unpacking {DATASET} ...", flush=True)
            found = fetch(work)
            print("Counting rows ...", flush=True)
            rows = check_rows(found)
            sizes = {name: path.stat().st_size for name, path in found.items()}
            # Somebody may have put files there meanwhile.
            check_has_no_data(raw)
            publish(found, raw)
    except BaseException:
        if is_new:
            with suppress(OSError):
                raw.rmdir()
        raise
    return [
        f"{'file':<27}{'rows':>13}{'bytes':>15}",
        *(f"{name:<27}{rows[name]:>13,}{sizes[name]:>15,}" for name in FILES),
        "",
        f"Checked    {len(FILES)} files, each with as many rows as published",
        f"Written    {shown(raw)} ({sum(sizes.values()) / 1e6:,.1f} MB)",
        "Next       `make build`; `make enrich` adds fabricated customers and prices",
    ]


# --- before anything is downloaded ------------------------------------------------


def check_extra() -> None:
    """Raise UserError where kagglehub is not installed."""
    try:
        # Its log and what it says of its version are for those who program with it.
        with redirect_stdout(io.StringIO()):
            import kagglehub  # noqa: F401
    except ImportError as error:
        raise UserError(
            "the extra `download`, which brings kagglehub",
            "that it is not installed",
            "run `make download`, which installs it first",
        ) from error


def check_has_no_data(raw: Path) -> None:
    """Raise UserError unless a folder is empty or not there."""
    if raw.exists() and not raw.is_dir():
        raise UserError(
            f"a folder to write to at {shown(raw)}",
            "a file",
            "name another with INSTACART_RAW_DIR",
        )
    names = visible(raw)
    if is_half_published(raw):
        names.append(WORK)
    if not names:
        return
    remedy = "move what is there away"
    if all(is_demo(raw / name) for name in names):
        paths = (shown(raw / name) for name in names)
        remedy = f"remove the generated files (`{shlex.join(['rm', '-r', *paths])}`)"
    raise UserError(
        f"no files in {shown(raw)}, since none is ever overwritten",
        words.listing(names),
        f"{remedy}, or name another folder with INSTACART_RAW_DIR",
    )


def visible(folder: Path) -> list[str]:
    """Names of what a folder holds, but for hidden files."""
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if not name.startswith(".")]


def is_demo(path: Path) -> bool:
    """Whether `make data` wrote a file and nothing changed it since."""
    record = ("truth.json",)
    return path.name in (*record, WORK) or is_unchanged(
        path, recorded_files(path.parent, record)
    )


def ask() -> None:
    """Raise UserError unless the person at the terminal accepts the terms."""
    if not sys.stdin.isatty():
        raise UserError(
            "these terms to be accepted",
            "no terminal to ask on",
            "if you accept them, add --accept-terms (`make download ACCEPT_TERMS=1`)",
        )
    try:
        is_accepted = click.confirm("Do you accept these terms?")
    except click.Abort as error:
        raise KeyboardInterrupt from error
    if not is_accepted:
        raise UserError(
            "these terms to be accepted",
            "that they are not",
            "`make build` works without the real data, from generated files",
        )


def check_room(raw: Path) -> None:
    """Raise UserError where the disk can't hold the archive and the files."""
    free = shutil.disk_usage(raw).free
    if free < BYTES_NEEDED:
        raise no_room(raw, f"{free // 10**6:,} MB")


def no_room(raw: Path, found: str) -> UserError:
    return UserError(
        f"{BYTES_NEEDED // 10**6:,} MB of free disk for {shown(raw)}",
        found,
        "make room, or name a folder on another disk with INSTACART_RAW_DIR",
    )


def unusable(error: OSError) -> UserError:
    return UserError(
        "a folder to write to (INSTACART_RAW_DIR)",
        f"that {shown(Path(error.filename or '.'))} can't be written"
        f" ({one_line(error)})",
        "name another",
    )


# --- the download -----------------------------------------------------------------


def fetch(work: Path) -> dict[str, Path]:
    """Download and unpack everything below a folder; return the files by name."""
    # A notebook's own mount is read-only, and lacks what is checked here.
    os.environ |= {"DISABLE_KAGGLE_CACHE": "1", "DISABLE_COLAB_CACHE": "1"}
    unpacked = work / "unpacked"
    try:
        with ExitStack() as stack:
            silence = io.StringIO()
            stack.enter_context(redirect_stdout(silence))
            if not sys.stderr.isatty():
                # The progress bar would fill a log.
                stack.enter_context(redirect_stderr(silence))
            stack.enter_context(_watched(work))
            import kagglehub

            kagglehub.dataset_download(DATASET, output_dir=str(unpacked))
            unpack_inner_archives(unpacked)
    except UserError:
        raise
    except Exception as error:
        raise failure(error, work) from error
    return find_files(unpacked)


@contextmanager
def _watched(work: Path) -> Iterator[None]:
    """Raise UserError once a folder has not grown for a while."""
    grown = (bytes_in(work), time.monotonic())

    def look(*_: object) -> None:
        nonlocal grown
        size = bytes_in(work)
        if size != grown[0]:
            grown = (size, time.monotonic())
        elif time.monotonic() - grown[1] > SILENT_SECONDS:
            raise UserError(
                "data from Kaggle",
                f"less than a megabyte in {SILENT_SECONDS} seconds",
                "check the network and run it again",
            )

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def bytes_in(folder: Path) -> int:
    """The size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def unpack_inner_archives(folder: Path) -> None:
    """Unpack files that were zipped one by one before all of them were."""
    for path in folder.rglob("*.csv.zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(path.parent)
        path.unlink()


def find_files(folder: Path) -> dict[str, Path]:
    """The package's files by name, wherever in a folder they lie."""
    found = {name: list(folder.rglob(name)) for name in FILES}
    wrong = [name for name, paths in found.items() if len(paths) != 1]
    if wrong:
        raise UserError(
            f"each of {words.listing(list(FILES))} once in {DATASET}",
            words.listing([f"{len(found[name])} {name}" for name in wrong]),
            f"the copy on Kaggle has changed: see {PAGE}",
        )
    return {name: path for name, (path,) in found.items()}


def failure(error: Exception, work: Path) -> UserError:
    """What kept kagglehub from its work, in a sentence."""
    from requests import exceptions as http

    cause = root_cause(error)
    if isinstance(error, http.HTTPError) and error.response is not None:
        return refusal(error.response.status_code)
    if isinstance(error, json.JSONDecodeError):
        return UserError(
            "an answer of Kaggle",
            "something else, perhaps the login page of your network",
            f"log in there and run it again, or {BY_HAND}",
        )
    if isinstance(error, http.ChunkedEncodingError):
        return UserError(
            "the whole archive from Kaggle",
            f"that the connection broke ({cause})",
            "run it again",
        )
    if isinstance(error, http.SSLError):
        return UserError(
            "a certificate of Kaggle that can be verified",
            cause,
            "if your network has its own, name its file with REQUESTS_CA_BUNDLE",
        )
    if isinstance(error, http.RequestException):
        return UserError(
            "a connection to Kaggle",
            f"none ({cause})",
            f"check the network and HTTPS_PROXY, or {BY_HAND}",
        )
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return no_room(work.parent, cause)
        return unusable(error)
    if "credentials" in str(error):
        return UserError(
            "a login that kagglehub can read", cause, "correct or remove it"
        )
    return UserError(
        f"an archive of {DATASET} that can be unpacked",
        f"another or a damaged one ({cause})",
        f"run it again; if that does not help, {BY_HAND}",
    )


def refusal(status: int) -> UserError:
    """A sentence for Kaggle's answer that there is nothing to download."""
    import kagglehub.config

    wanted = f"Kaggle to hand out {DATASET}"
    if status in (401, 403) and kagglehub.config.get_kaggle_credentials():
        return UserError(
            wanted,
            f"that it refuses your login ({status})",
            "make a new token at https://www.kaggle.com/settings",
        )
    if status in (401, 403):
        return UserError(
            wanted,
            f"that it asks for a login ({status})",
            "make a token at https://www.kaggle.com/settings, save it as"
            f" ~/.kaggle/access_token and run it again, or {BY_HAND}",
        )
    if status == 404:
        return UserError(
            wanted,
            "that it has no such dataset (404)",
            "look for another copy of Kaggle's files and put them into the folder",
        )
    return UserError(
        wanted, f"that it answers {status}", f"run it again later, or {BY_HAND}"
    )


def root_cause(error: BaseException) -> str:
    """The first of the errors that led to one, on one line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return one_line(error)


# --- afterwards -------------------------------------------------------------------


def check_rows(found: dict[str, Path]) -> dict[str, int]:
    """The number of rows of each file; raises UserError if one is not as published."""
    published = published_rows()
    rows = {name: count_rows(path) for name, path in found.items()}
    wrong = [name for name in FILES if rows[name] != published[name]]
    if wrong:
        raise UserError(
            words.listing([f"{published[name]:,} rows in {name}" for name in wrong]),
            words.listing([f"{rows[name]:,}" for name in wrong]),
            f"the copy on Kaggle is not the data of 2017: see {PAGE}",
        )
    return rows


def published_rows() -> dict[str, int]:
    """The number of rows that each file has in the data of 2017."""
    with config.PUBLISHED_FIGURES.open(newline="", encoding="utf-8") as file:
        figures = {
            (row["metric"], row["dimension"]): row["published"]
            for row in csv.DictReader(file)
        }
    return {name: int(figures[figure]) for name, figure in FILES.items()}


def count_rows(path: Path) -> int:
    """Lines below the header; no name in these files holds a line break."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n") - 1


def publish(found: dict[str, Path], raw: Path) -> None:
    """Move all files into a folder, or none."""
    placed: list[Path] = []
    try:
        for name, path in found.items():
            placed.append(raw / name)
            path.rename(raw / name)
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        raise
