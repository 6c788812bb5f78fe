"""`instacart download` brings all of Kaggle's files, checked, or changes nothing.

Kaggle is never asked: kagglehub talks to a stand-in on this machine.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from instacart import cli, config, download
from instacart.errors import UserError
from instacart.files import held_folder
from instacart.generated_files import WORK
from instacart.synthetic import enrich, generate
from support.kaggle import SERVICE, STORAGE, Kaggle, serving, zipped
from support.packages import write_kaggle

ACCEPTED = ["download", "--accept-terms"]
# Of the package of thirteen orders.
ROWS = {
    "orders.csv": 14,
    "order_products__prior.csv": 30,
    "order_products__train.csv": 2,
    "products.csv": 13,
    "aisles.csv": 3,
    "departments.csv": 3,
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_kaggle(tmp_path_factory.mktemp("kaggle") / "package")


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is not there yet."""
    folder = tmp_path / "data" / "raw"
    folder.parent.mkdir()
    monkeypatch.setenv("INSTACART_RAW_DIR", str(folder))
    return folder


@pytest.fixture
def kaggle(
    package: Path, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kaggle]:
    """A stand-in that has the package, to which kagglehub is sent."""
    if importlib.util.find_spec("kagglehub") is None:
        pytest.skip("the extra `download` is not installed; `make pytest` installs it")
    # Imports kagglehub in silence, as the command does.
    download.check_extra()
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or "KAGGLE" in name:
            monkeypatch.delenv(name)
    monkeypatch.setattr(download, "published_rows", lambda: ROWS)
    home = tmp_path / "home"
    home.mkdir()
    with serving(Kaggle(zipped(package))) as stand_in:
        for name, value in stand_in.variables(home).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("kagglehub.config.DEFAULT_KAGGLE_CREDENTIALS_FOLDER", home)
        yield stand_in


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden or not."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def check_refused(
    capsys: pytest.CaptureFixture[str], sentence: str, arguments: list[str] = ACCEPTED
) -> str:
    """Run the command, which ends in a sentence; return what came before that."""
    assert cli.run(arguments) == 1
    output, error = capsys.readouterr()
    assert error.startswith("instacart download: expected ")
    assert error.endswith(".\n")
    assert error.count("\n") == 1
    assert sentence in error
    return output


# --- what comes ---------------------------------------------------------------------


def test_all_files_come_as_they_are(
    kaggle: Kaggle, package: Path, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(ACCEPTED) == 0
    assert contents(raw) == contents(package)
    assert kaggle.asked == [
        f"{SERVICE}GetDataset",
        f"{SERVICE}DownloadDataset",
        STORAGE,
    ]
    output, error = capsys.readouterr()
    assert error == ""
    lines = output.splitlines()
    assert lines[0].startswith("The Instacart Online Grocery Shopping Dataset 2017")
    size = (package / "orders.csv").stat().st_size
    assert f"{'orders.csv':<27}{14:>13,}{size:>15,}" in lines
    assert lines[-3:] == [
        "Checked    6 files, each with as many rows as published",
        f"Written    {raw} (0.0 MB)",
        "Next       `make build`; `make enrich` adds fabricated customers and prices",
    ]


def test_a_folder_that_is_there_and_empty_is_filled(kaggle: Kaggle, raw: Path) -> None:
    raw.mkdir()
    (raw / ".gitkeep").touch()
    assert cli.run(ACCEPTED) == 0
    assert contents(raw).keys() == {".gitkeep", *ROWS}


@pytest.mark.parametrize(
    "layout",
    [
        {"prefix": "instacart/"},
        {"one_by_one": True},
        {"prefix": "instacart/", "one_by_one": True},
    ],
)
def test_files_are_found_wherever_the_archive_has_them(
    kaggle: Kaggle, package: Path, raw: Path, layout: dict
) -> None:
    kaggle.archive = zipped(package, **layout)
    assert cli.run(ACCEPTED) == 0
    assert contents(raw) == contents(package)


def test_what_else_the_archive_has_is_left_out(
    kaggle: Kaggle, package: Path, raw: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(package, tmp_path / "other")
    (other / "sample_submission.csv").write_text("order_id,products\n17,39276\n")
    kaggle.archive = zipped(other)
    assert cli.run(ACCEPTED) == 0
    assert contents(raw) == contents(package)


def test_customers_and_prices_can_be_added(kaggle: Kaggle, raw: Path) -> None:
    assert cli.run(ACCEPTED) == 0
    assert enrich.enrich(raw)["files"]["customers.csv"]["rows"] == 3


def test_a_login_is_used(
    kaggle: Kaggle, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kaggle.token = "secret"
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret")
    assert cli.run(ACCEPTED) == 0
    assert contents(raw).keys() == ROWS.keys()


@pytest.mark.parametrize(
    "variables",
    [
        {"KAGGLE_KERNEL_RUN_TYPE": "Batch", "KAGGLE_DATA_PROXY_URL": "http://a.test"},
        {"TBE_RUNTIME_ADDR": "a.test"},
    ],
)
def test_the_files_come_in_a_notebook_of_kaggle_and_colab(
    kaggle: Kaggle,
    raw: Path,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cli.run(ACCEPTED) == 0
    assert contents(raw).keys() == ROWS.keys()
    assert kaggle.asked[-1] == STORAGE
    assert len(kaggle.asked) == 3


def test_a_terminal_shows_progress(
    kaggle: Kaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert cli.run(ACCEPTED) == 0
    assert "100%" in terminal.getvalue()


def test_what_a_killed_run_left_is_removed(kaggle: Kaggle, raw: Path) -> None:
    left = raw / download.HOLDING / "unpacked"
    left.mkdir(parents=True)
    (left / "3.archive").write_bytes(b"half")
    assert cli.run(ACCEPTED) == 0
    assert contents(raw).keys() == ROWS.keys()


# --- terms --------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["y\n", "yes\n"])
def test_who_accepts_the_terms_gets_the_files(
    kaggle: Kaggle, raw: Path, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert cli.run(["download"]) == 0
    assert contents(raw).keys() == ROWS.keys()


@pytest.mark.parametrize(
    ("stdin", "sentence"),
    [
        (Terminal("n\n"), "expected these terms to be accepted, found that they are"),
        # What one gets who only presses Enter.
        (Terminal("\n"), "expected these terms to be accepted, found that they are"),
        (io.StringIO("y\n"), "found no terminal to ask on; if you accept them, add"),
    ],
)
def test_nothing_comes_before_the_terms_are_accepted(
    kaggle: Kaggle,
    raw: Path,
    stdin: io.StringIO,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdin.seek(0)
    monkeypatch.setattr(sys, "stdin", stdin)
    output = check_refused(capsys, sentence, ["download"])
    for term in ("non-commercial", "Do not redistribute", "Cite it", download.PAGE):
        assert term in output
    assert kaggle.asked == []
    assert not raw.exists()


def test_the_question_can_be_stopped(
    kaggle: Kaggle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert cli.run(["download"]) == 130
    assert capsys.readouterr().err.strip() == (
        "instacart download: stopped; nothing of it is kept, and the folder is as it"
        " was."
    )
    assert kaggle.asked == []


# --- what is there already ----------------------------------------------------------


@pytest.mark.parametrize("name", ["orders.csv", "customers.csv.gz", "notes.txt"])
def test_nothing_is_ever_overwritten(
    kaggle: Kaggle, raw: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raw.mkdir()
    (raw / name).write_text("mine")
    sentence = (
        f"expected no files in {raw}, since none is ever overwritten, found {name};"
        " move what is there away, or name another folder with INSTACART_RAW_DIR."
    )
    assert check_refused(capsys, sentence) == ""
    assert contents(raw) == {name: b"mine"}
    assert kaggle.asked == []


def test_the_demo_goes_by_the_command_that_is_said(
    kaggle: Kaggle, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.generate(raw, "kaggle", 0.0005, 7)
    before = contents(raw)
    assert cli.run(ACCEPTED) == 1
    error = capsys.readouterr().err
    assert contents(raw) == before
    command = error.split("`")[1]
    assert {Path(path).name for path in shlex.split(command)[2:]} == before.keys()
    subprocess.run(shlex.split(command), check=True)
    assert cli.run(ACCEPTED) == 0
    assert contents(raw).keys() == ROWS.keys()


def test_own_files_among_the_demo_are_not_told_to_be_removed(
    kaggle: Kaggle, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.generate(raw, "kaggle", 0.0005, 7)
    (raw / "orders.csv").write_text("mine")
    check_refused(capsys, "; move what is there away, or name another folder")


def test_a_demo_that_was_cut_short_is_in_the_way(
    kaggle: Kaggle, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or the next build would replace the real files by another demo."""
    (raw / WORK).mkdir(parents=True)
    (raw / WORK / "truth.json").write_text("{}")
    check_refused(capsys, f"found {WORK}; remove the generated files (`rm -r {raw}/")


def test_a_file_that_appears_meanwhile_stays(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def count(path: Path) -> int:
        (raw / "orders.csv").write_text("mine")
        return ROWS[path.name]

    monkeypatch.setattr(download, "count_rows", count)
    check_refused(capsys, "found orders.csv; move what is there away")
    assert contents(raw) == {"orders.csv": b"mine"}


def test_a_file_in_place_of_the_folder_is_said(
    kaggle: Kaggle, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw.write_text("mine")
    check_refused(capsys, f"expected a folder to write to at {raw}, found a file; name")
    assert raw.read_text() == "mine"


def test_one_download_at_a_time(
    kaggle: Kaggle, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw.mkdir()
    with held_folder(raw / download.HOLDING, UserError("", "", ""), download.unusable):
        check_refused(capsys, "found another that is running; wait until it ends")
    assert kaggle.asked == []


# --- what goes wrong ----------------------------------------------------------------


def spoil(archive: bytes) -> bytes:
    """Change a byte in the middle of the first file."""
    position = archive.index(b"aisles.csv") + 30
    return (
        archive[:position] + bytes([archive[position] ^ 255]) + archive[position + 1 :]
    )


REFUSALS: dict[str, tuple[Callable[[Kaggle], dict], str]] = {
    "login": (
        lambda kaggle: {"status": 401},
        "expected Kaggle to hand out psparks/instacart-market-basket-analysis, found"
        " that it asks for a login (401); make a token at"
        " https://www.kaggle.com/settings, save it as ~/.kaggle/access_token and run it"
        " again, or download it from",
    ),
    "consent": (lambda kaggle: {"status": 403}, "found that it asks for a login (403)"),
    "gone": (lambda kaggle: {"status": 404}, "found that it has no such dataset (404)"),
    "busy": (
        lambda kaggle: {"status": 429},
        "found that it answers 429; run it again later, or download it from",
    ),
    "broken": (lambda kaggle: {"status": 503}, "found that it answers 503; run it"),
    "web page": (
        lambda kaggle: {"is_web_page": True},
        "expected an answer of Kaggle, found something else, perhaps the login page of",
    ),
    "page for the archive": (
        lambda kaggle: {"archive": b"<html>Log in</html>"},
        "can be unpacked, found another or a damaged one (Unsupported archive type)",
    ),
    "cut": (
        lambda kaggle: {"sent_bytes": 700},
        "expected the whole archive from Kaggle, found that the connection broke (",
    ),
    "cut without a length": (
        lambda kaggle: {"sent_bytes": 700, "says_length": False},
        "can be unpacked, found another or a damaged one",
    ),
    "other checksum": (
        lambda kaggle: {"headers": {"X-Goog-Hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="}},
        "can be unpacked, found another or a damaged one (The X-Goog-Hash header",
    ),
    "spoilt": (
        lambda kaggle: {"archive": spoil(kaggle.archive)},
        "can be unpacked, found another or a damaged one",
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_kaggle_does_not_give_is_said(
    kind: str, kaggle: Kaggle, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, sentence = REFUSALS[kind]
    for name, value in changes(kaggle).items():
        setattr(kaggle, name, value)
    check_refused(capsys, sentence)
    assert not raw.exists()


def test_a_login_that_is_refused_is_said(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kaggle.token = "secret"
    monkeypatch.setenv("KAGGLE_API_TOKEN", "guessed")
    check_refused(capsys, "found that it refuses your login (401); make a new token at")
    assert not raw.exists()


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_login_that_can_not_be_read_is_said(
    kaggle: Kaggle, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home" / "kaggle.json").write_text(text)
    check_refused(capsys, "expected a login that kagglehub can read, found")


def test_a_connection_that_is_refused_is_said(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free.getsockname()[1]}")
        check_refused(
            capsys,
            "expected a connection to Kaggle, found none (Connection refused); check"
            " the network and HTTPS_PROXY, or download it from",
        )
    assert not raw.exists()


def test_no_network_is_said(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.delenv("http_proxy")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    check_refused(capsys, "found none (Temporary failure in name resolution); check")
    assert not raw.exists()


def test_a_connection_that_goes_silent_is_given_up(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "SILENT_SECONDS", 0.1)
    kaggle.sent_bytes, kaggle.goes_silent = 700, True
    check_refused(capsys, "data from Kaggle, found less than a megabyte in 0.1 seconds")
    assert not raw.exists()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def change_rows(folder: Path) -> None:
    (folder / "orders.csv").write_bytes((folder / "orders.csv").read_bytes() * 2)
    (folder / "aisles.csv").write_text("aisle_id,aisle\n")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda folder: (folder / "aisles.csv").unlink(),
            " found 0 aisles.csv; the copy on Kaggle has changed: see https://www",
        ),
        (
            lambda folder: (folder / "orders.csv").rename(folder / "Orders.csv"),
            " found 0 orders.csv; the copy on Kaggle has changed: see https://www",
        ),
        (
            change_rows,
            "expected 14 rows in orders.csv and 3 rows in aisles.csv, found 29 and 0;"
            " the copy on Kaggle is not the data of 2017: see https://www",
        ),
    ],
)
def test_a_copy_with_other_files_or_rows_is_refused(
    kaggle: Kaggle,
    package: Path,
    raw: Path,
    tmp_path: Path,
    change: Callable[[Path], object],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = shutil.copytree(package, tmp_path / "other")
    change(other)
    kaggle.archive = zipped(other)
    check_refused(capsys, sentence)
    assert not raw.exists()


def test_a_file_that_comes_twice_is_refused(
    kaggle: Kaggle, package: Path, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing says which is the right one."""
    single = {"aisles.csv": 2} | dict.fromkeys(ROWS.keys() - {"aisles.csv"}, 1)
    folder = raw.parent / "unpacked"
    for name, count in single.items():
        for number in range(count):
            path = folder / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    with pytest.raises(UserError, match=r"found 2 aisles\.csv; the copy on Kaggle has"):
        download.find_files(folder)


# --- this machine -------------------------------------------------------------------


def test_without_the_extra_its_installation_is_said(
    raw: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    sentence = (
        "expected the extra `download`, which brings kagglehub, found that it is not"
        " installed; run `make download`, which installs it first.\n"
    )
    assert check_refused(capsys, sentence) == ""


def test_a_disk_without_room_is_said(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def usage(free: int) -> Callable[[Path], object]:
        return lambda _: type("Usage", (), {"free": free})

    monkeypatch.setattr(download.shutil, "disk_usage", usage(999_999_999))
    sentence = f"expected 1,000 MB of free disk for {raw}, found 999 MB; make room,"
    check_refused(capsys, sentence)
    assert kaggle.asked == []
    assert not raw.exists()
    monkeypatch.setattr(download.shutil, "disk_usage", usage(1_000_000_000))
    assert cli.run(ACCEPTED) == 0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device"), "disk for {}, found No space left"),
        (
            PermissionError(13, "Permission denied", "x"),
            "found that x can't be written",
        ),
        (
            RuntimeError("File is encrypted"),
            "or a damaged one (File is encrypted); run",
        ),
    ],
)
def test_an_error_while_unpacking_is_said(
    kaggle: Kaggle,
    raw: Path,
    error: Exception,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Path) -> None:
        raise error

    monkeypatch.setattr(download, "unpack_inner_archives", fail)
    check_refused(capsys, sentence.format(raw))
    assert not raw.exists()


def test_a_folder_that_can_not_be_written_is_said(
    kaggle: Kaggle,
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (raw.parent / "file").touch()
    monkeypatch.setenv("INSTACART_RAW_DIR", str(raw.parent / "file" / "raw"))
    check_refused(capsys, "Not a directory")


def test_a_certificate_that_can_not_be_verified_is_said(raw: Path) -> None:
    error = requests.exceptions.SSLError("self-signed certificate in chain")
    assert str(download.failure(error, raw)) == (
        "expected a certificate of Kaggle that can be verified, found self-signed"
        " certificate in chain; if your network has its own, name its file with"
        " REQUESTS_CA_BUNDLE."
    )


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_folder_as_it_was(
    kaggle: Kaggle, raw: Path, sent: signal.Signals
) -> None:
    raw.mkdir()
    kaggle.sent_bytes, kaggle.goes_silent = 700, True
    running = subprocess.Popen(
        [sys.executable, "-m", "instacart", *ACCEPTED],
        env=os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(raw.rglob("*.archive")) and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(sent)
    try:
        output, error = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    assert output.endswith("market-basket-analysis ...\n")
    assert error == (
        "instacart download: stopped; nothing of it is kept, and the folder is as it"
        " was.\n"
    )
    assert list(raw.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(5, "Input error")])
def test_files_are_placed_all_or_none(
    kaggle: Kaggle, raw: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    renamed: list[Path] = []

    def stop_at_the_third(path: Path, target: Path) -> Path:
        if len(renamed) == 2:
            raise error
        renamed.append(target)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stop_at_the_third)
    assert cli.run(ACCEPTED) in (1, 130)
    assert len(renamed) == 2
    assert not raw.exists()


# --- what is checked ----------------------------------------------------------------


def test_rows_are_those_of_the_published_figures() -> None:
    assert download.published_rows() == {
        "orders.csv": 3_421_083,
        "order_products__prior.csv": 32_434_489,
        "order_products__train.csv": 1_384_617,
        "products.csv": 49_688,
        "aisles.csv": 134,
        "departments.csv": 21,
    }


@pytest.mark.parametrize(
    ("text", "rows"),
    [("a\n", 0), ("a", 0), ("a\n1\n", 1), ("a\n1", 1), ("a\r\n1\r\n2\r\n", 2)],
)
def test_rows_are_lines_below_the_header(tmp_path: Path, text: str, rows: int) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert download.count_rows(path) == rows
