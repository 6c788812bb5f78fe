"""The raw packages that are built on both engines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from instacart.config import SEED
from instacart.synthetic.generate import generate

from parity.broken import add_broken_lines

DIRTIEST = 3
PACKAGES = ("careerfoundry", "kaggle")
STATES = ("clean", "dirty", "broken")


@dataclass(frozen=True)
class Case:
    """A package: whose files, and what is wrong with them."""

    package: str
    # clean; dirty: one row in 100 spoilt per kind of defect; broken: dirty, with lines
    # that can't be read or used.
    state: str

    @property
    def name(self) -> str:
        return f"{self.package}-{self.state}"

    @property
    def loses_worker(self) -> bool:
        """Whether a worker of the cluster is killed while it is built."""
        return self.state == "clean"

    def write(self, folder: Path, scale: float) -> None:
        """Write its files into a folder."""
        dirt = 0 if self.state == "clean" else DIRTIEST
        generate(folder, self.package, scale, SEED, dirt, lambda line: None)
        if self.state == "broken":
            add_broken_lines(folder)


CASES = {
    case.name: case
    for case in (Case(package, state) for package in PACKAGES for state in STATES)
}
