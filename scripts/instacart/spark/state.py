"""What is known of the cluster of a folder: written before its first process starts."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from instacart import config
from instacart.config import shown
from instacart.errors import UserError, one_line

STATE = "state.json"
LOCK = "lock"
NAME = "INSTACART_SPARK_DIR"
MEBIBYTE = 2**20
# Field of a cluster: the variable that it comes from.
NAMES = {
    "host": "INSTACART_SPARK_HOST",
    "port": "INSTACART_SPARK_PORT",
    "master_port": "INSTACART_SPARK_MASTER_PORT",
    "ui_port": "INSTACART_SPARK_UI_PORT",
    "workers": "INSTACART_SPARK_WORKERS",
    "cores": "INSTACART_SPARK_WORKER_CORES",
    "megabytes": "INSTACART_SPARK_WORKER_MEMORY",
}


@dataclass(frozen=True)
class Cluster:
    """How a cluster was started, and the token of its processes."""

    token: str
    host: str
    port: int
    master_port: int
    ui_port: int
    workers: int
    cores: int
    megabytes: int

    @classmethod
    def of_settings(cls) -> Cluster:
        """A cluster as the settings want it, with a new token."""
        texts = {field: config.setting(name) for field, name in NAMES.items()}
        return cls(
            token=f"cluster-{secrets.token_hex(8)}",
            host=texts["host"],
            port=int(texts["port"]),
            master_port=int(texts["master_port"]),
            ui_port=int(texts["ui_port"]),
            workers=int(texts["workers"]),
            cores=int(texts["cores"]),
            megabytes=int(config.bytes_of(texts["megabytes"]) // MEBIBYTE),
        )

    def other_settings(self, wanted: Cluster) -> list[str]:
        """The variables that want something else than what this one runs with."""
        ours, theirs = asdict(self), asdict(wanted)
        return [name for field, name in NAMES.items() if ours[field] != theirs[field]]

    @property
    def settings_dir(self) -> Path:
        """Spark's settings; the token in its name is in every command line."""
        return config.spark_dir() / self.token


def read_state() -> Cluster | None:
    """The cluster that was started last and not stopped, if any."""
    try:
        return Cluster(**json.loads((config.spark_dir() / STATE).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"to read {shown(config.spark_dir() / STATE)}",
            f"that it can't be done ({one_line(error)})",
            "end the Java processes of Spark yourself, and remove this file",
            where=NAME,
        ) from None


def write_state(cluster: Cluster) -> None:
    """Keep what `down` needs, whole on the disk before anything is started."""
    folder = config.spark_dir()
    partial = folder / f".{STATE}.partial"
    content: dict[str, Any] = asdict(cluster)
    with partial.open("w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / STATE)


def remove_state() -> None:
    (config.spark_dir() / STATE).unlink(missing_ok=True)


@contextmanager
def held_cluster() -> Iterator[None]:
    """Start or stop the cluster alone. Raises UserError while another run does."""
    with (config.spark_dir() / LOCK).open("w") as lock:
        try:
            # The system releases it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                "one run at a time to start or stop the cluster",
                "another one",
                "wait until it ends, or stop it with Ctrl-C",
                where=f"{shown(config.spark_dir())} ({NAME})",
            ) from None
        yield
