"""The report in LibreOffice."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from report.support import (
    Report,
)

needs_office = pytest.mark.skipif(
    not shutil.which("soffice"),
    reason="LibreOffice (soffice) is not installed: make libreoffice",
)
# The name of an XML vocabulary, no address.
VOCABULARY = "/".join(("http://openoffice.org", "2001", "registry"))
RECALCULATE = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="{VOCABULARY}">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def convert(path: Path, kind: str, folder: Path) -> Path:
    """Open a workbook in LibreOffice with a profile of our own, and save it."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(RECALCULATE)
    done = subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={user.parent.as_uri()}", "--headless"),
            *("--convert-to", kind, "--outdir", str(folder / "out"), str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = folder / "out" / f"{path.stem}.{kind}"
    assert found.is_file(), done.stdout + done.stderr
    return found


@needs_office
def test_libreoffice_prints_it(demo: Report, tmp_path: Path) -> None:
    assert demo.content
    content = convert(demo.path, "pdf", tmp_path).read_bytes()
    assert content.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 15 <= pages <= 80


@needs_office
def test_formulas_calculated_again_say_the_same(tiny: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(tiny.content)
    again = openpyxl.load_workbook(convert(path, "xlsx", tmp_path), data_only=True)
    compared = 0
    for page in tiny.formulas:
        for row in page.iter_rows():
            for cell in row:
                found = again[page.title][cell.coordinate]
                assert found.data_type != "e"
                if cell.data_type == "f":
                    compared += 1
                    assert found.value == "yes"
    assert compared > 30
