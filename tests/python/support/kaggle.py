"""A stand-in for Kaggle on this machine, with the answers that kagglehub asks for.

It is reached as a proxy, so kagglehub itself runs as it is: it asks for the dataset's
version and archive, and is sent to another host for the latter, as by Kaggle.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVICE = "http://localhost/api/v1/datasets.DatasetApiService/"
STORAGE = "http://storage.test/archive.zip"


@dataclass
class Kaggle:
    """What the stand-in answers, and what it was asked."""

    archive: bytes
    # Of the first question's answer.
    status: int = 200
    is_web_page: bool = False
    token: str | None = None
    # Of the archive's answer.
    headers: dict[str, str] = field(default_factory=dict)
    says_length: bool = True
    # How much of the archive is sent before the connection is closed, or goes silent.
    sent_bytes: int | None = None
    goes_silent: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def variables(self, home: Path) -> dict[str, str]:
        """Variables that send kagglehub here, with nobody's login."""
        return {
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "KAGGLE_CONFIG_DIR": str(home),
            "HOME": str(home),
            "http_proxy": self.address,
        }


def zipped(folder: Path, prefix: str = "", one_by_one: bool = False) -> bytes:
    """The files of a folder as Kaggle's archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            name, data = path.name, path.read_bytes()
            if one_by_one:
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as each:
                    each.writestr(name, data)
                name, data = f"{name}.zip", inner.getvalue()
            archive.writestr(prefix + name, data)
    return content.getvalue()


@contextmanager
def serving(kaggle: Kaggle) -> Iterator[Kaggle]:
    """Answer on a free port until the end."""

    class Handler(Answers):
        told = kaggle

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kaggle.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield kaggle
        finally:
            kaggle.released.set()
            server.shutdown()
            thread.join()


class Answers(BaseHTTPRequestHandler):
    """Answers of one stand-in."""

    told: Kaggle

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.told.asked.append(self.path)
        token = self.told.token
        if token and self.headers.get("Authorization") != f"Bearer {token}":
            self.answer_json(401, {"code": 401, "message": "Unauthenticated"})
        elif self.told.status != 200:
            self.answer_json(
                self.told.status, {"code": self.told.status, "message": "No."}
            )
        elif self.told.is_web_page:
            self.answer(200, b"<html>Log in", {"Content-Type": "text/html"})
        elif self.path == f"{SERVICE}GetDataset":
            self.answer_json(200, {"currentVersionNumber": 3})
        elif self.path == f"{SERVICE}DownloadDataset":
            self.answer(302, b"", {"Location": STORAGE})
        else:
            self.answer_json(404, {"code": 404, "message": "No such service."})

    def do_GET(self) -> None:
        self.told.asked.append(self.path)
        headers = {"Content-Type": "application/zip"} | self.told.headers
        if self.told.says_length:
            headers["Content-Length"] = str(len(self.told.archive))
        self.answer(200, self.told.archive[: self.told.sent_bytes], headers)
        if self.told.goes_silent:
            self.told.released.wait(60)
        self.close_connection = True

    def answer_json(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        length = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.answer(status, body, length)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keep silent."""
