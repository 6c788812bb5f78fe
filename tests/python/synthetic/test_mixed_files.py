"""What of a folder is fabricated, and that generated files don't mix with others."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from instacart.config import PROJECT_DIR
from instacart.synthetic import enrich, generate
from support.packages import write_careerfoundry, write_kaggle
from test_raw_package import inspect

SAMPLE = PROJECT_DIR.parent / "shared" / "data" / "kaggle-sample"
PUBLISHED = {"departments.csv", "aisles.csv"}
DATA_FILES = {*generate.PACKAGES["careerfoundry"]} - PUBLISHED


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    for package in generate.PACKAGES:
        folders[package] = tmp_path_factory.mktemp(package)
        generate.generate(folders[package], package, 0.0005, 7)
    return folders


@pytest.fixture
def raw(demos: dict[str, Path], tmp_path: Path) -> Path:
    """The course's files, generated."""
    return shutil.copytree(demos["careerfoundry"], tmp_path / "my raw")


@pytest.fixture
def kaggle(demos: dict[str, Path], tmp_path: Path) -> Path:
    """Kaggle's files, generated."""
    return shutil.copytree(demos["kaggle"], tmp_path / "my raw")


def put(write, folder: Path) -> None:
    """Copy own files over what a folder holds."""
    own = write(folder.parent / "own")
    shutil.copytree(own, folder, dirs_exist_ok=True)


def fabricated(folder: Path) -> dict[str, str]:
    """What is fabricated of each file that is read, but for nothing."""
    tables = inspect(folder)["tables"].values()
    return {
        file["name"]: file["fabricated_columns"]
        for files in tables
        for file in files
        if file["fabricated_columns"]
    }


def refusal(folder: Path) -> tuple[str, list[str]]:
    """The sentence that refuses a folder, and the files that it says to remove."""
    sentence = inspect(folder)["error"]
    (command,) = re.findall("`(rm .*?)`", sentence)
    removed = [Path(path) for path in shlex.split(command)[1:]]
    assert all(path.parent == folder.resolve() for path in removed)
    return sentence, [path.name for path in removed]


def follow(folder: Path) -> None:
    """Paste the command of the refusal."""
    (command,) = re.findall("`(rm .*?)`", inspect(folder)["error"])
    subprocess.run(command, shell=True, check=True)


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
def test_generated_data_is_fabricated_but_for_published_names(
    demos: dict[str, Path], package: str
) -> None:
    names = {*generate.PACKAGES[package]} - PUBLISHED
    assert fabricated(demos[package]) == dict.fromkeys(names, "all")
    (note,) = (n for n in inspect(demos[package])["notes"] if "fabricated" in n)
    assert "orders.csv" in note and "departments.csv" not in note


def test_truth_says_it_by_file(demos: dict[str, Path]) -> None:
    files = json.loads((demos["kaggle"] / "truth.json").read_text())["files"]
    said = {name: file["fabricated_columns"] for name, file in files.items()}
    assert {name for name in said if said[name] == []} == PUBLISHED
    assert {said[name] for name in said.keys() - PUBLISHED} == {"all"}


def test_a_record_of_an_older_version_is_understood(kaggle: Path) -> None:
    truth = json.loads((kaggle / "truth.json").read_text())
    for file in truth["files"].values():
        del file["fabricated_columns"]
    (kaggle / "truth.json").write_text(json.dumps(truth))
    assert set(fabricated(kaggle)) == {*generate.PACKAGES["kaggle"]} - PUBLISHED


def test_published_names_are_own_also_where_they_equal_the_generated(
    raw: Path, demos: dict[str, Path]
) -> None:
    names = (raw / "departments.csv").read_bytes()
    put(write_careerfoundry, raw)
    (raw / "departments.csv").write_bytes(names)
    assert fabricated(raw) == {}


def test_only_customers_and_prices_of_enriched_files_are_fabricated(
    kaggle: Path,
) -> None:
    (kaggle / "truth.json").unlink()
    enrich.enrich(kaggle)
    assert fabricated(kaggle) == {"products.csv": "prices", "customers.csv": "all"}
    (note,) = (n for n in inspect(kaggle)["notes"] if "fabricated" in n)
    assert "prices of products.csv, customers.csv" in note


def test_all_of_an_enriched_demo_is_fabricated(kaggle: Path) -> None:
    enrich.enrich(kaggle)
    files = fabricated(kaggle)
    assert files["products.csv"] == files["customers.csv"] == files["orders.csv"]


def test_kaggles_files_over_the_demo_are_refused_until_it_is_gone(raw: Path) -> None:
    put(write_kaggle, raw)
    sentence, removed = refusal(raw)
    assert "found orders_products_prior.csv and customers.csv of `make" in sentence
    assert "order_products__prior.csv" in sentence
    assert removed == ["orders_products_prior.csv", "customers.csv", "truth.json"]
    follow(raw)
    assert fabricated(raw) == {}
    assert not inspect(raw)["tables"]["customers"]


@pytest.mark.parametrize("name", sorted(DATA_FILES))
def test_who_removes_one_file_is_told_of_the_others(raw: Path, name: str) -> None:
    (raw / name).unlink()
    put(write_kaggle, raw)
    removed = refusal(raw)[1]
    assert name not in removed and removed[-1] == "truth.json"
    follow(raw)
    assert fabricated(raw) == {}


@pytest.mark.parametrize("name", sorted(DATA_FILES))
def test_an_own_file_of_a_generated_name_is_refused_with_the_rest(
    raw: Path, name: str
) -> None:
    own = write_careerfoundry(raw.parent / "own")
    shutil.copyfile(own / name, raw / name)
    sentence, removed = refusal(raw)
    assert f"beside {name};" in sentence
    assert {*removed} == {*DATA_FILES, "truth.json"} - {name}


def appended(lines: list[str]) -> list[str]:
    return [*lines, "x,y"]


def indexed(lines: list[str]) -> list[str]:
    return [f"{number or ''},{line}" for number, line in enumerate(lines)]


def quoted(lines: list[str]) -> list[str]:
    return [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines]


def rewritten(lines: list[str]) -> list[str]:
    """The last column in another notation."""
    ends = [line.rpartition(",") for line in lines[1:]]
    return [lines[0], *(f"{start},${end}" for start, _, end in ends)]


@pytest.mark.parametrize("name", sorted(DATA_FILES))
@pytest.mark.parametrize("edit", [appended, indexed, quoted, rewritten])
def test_an_edited_generated_file_is_still_generated(
    raw: Path, name: str, edit: Callable[[list[str]], list[str]]
) -> None:
    lines = (raw / name).read_text().splitlines()
    (raw / name).write_text("\n".join(edit(lines)) + "\n")
    assert set(fabricated(raw)) == DATA_FILES


@pytest.mark.parametrize(
    "name", ["Orders.csv", "orders.csv.gz", "order_products__x.csv"]
)
def test_an_own_file_of_another_form_is_refused(raw: Path, name: str) -> None:
    (raw / name).write_text("anything")
    assert f"beside {name};" in refusal(raw)[0]


@pytest.mark.parametrize("name", ["departments.csv", "aisles.csv", "notes.csv"])
def test_own_names_and_unread_files_may_lie_beside_the_demo(
    raw: Path, name: str
) -> None:
    own = write_kaggle(raw.parent / "own")
    text = (own / name).read_text() if name != "notes.csv" else "x\n"
    (raw / name).write_text(text + "\n")
    assert set(fabricated(raw)) == DATA_FILES


def test_own_files_over_an_enriched_demo_are_refused(kaggle: Path) -> None:
    enrich.enrich(kaggle)
    put(write_kaggle, kaggle)
    assert refusal(kaggle)[1] == [
        *("customers.csv", "products.kaggle.csv.bak"),
        *("truth.json", "enriched.json"),
    ]
    follow(kaggle)
    assert fabricated(kaggle) == {}
    enrich.enrich(kaggle)
    assert fabricated(kaggle) == {"products.csv": "prices", "customers.csv": "all"}


def test_own_enriched_files_stay_where_generated_ones_go(kaggle: Path) -> None:
    """The rest of a demo beside files that were enriched since."""
    put(write_kaggle, kaggle)
    (kaggle / "order_products__train.csv").unlink()
    enrich.enrich(kaggle)
    generated = kaggle.parent / "generated"
    generate.generate(generated, "kaggle", 0.0005, 7)
    shutil.copy(generated / "order_products__train.csv", kaggle)
    assert refusal(kaggle)[1] == ["order_products__train.csv", "truth.json"]
    follow(kaggle)
    assert fabricated(kaggle) == {"products.csv": "prices", "customers.csv": "all"}


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="no sample of the real data")
@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
def test_the_real_sample_over_the_demo(
    demos: dict[str, Path], tmp_path: Path, package: str
) -> None:
    folder = shutil.copytree(demos[package], tmp_path / "raw")
    for path in SAMPLE.glob("*.csv"):
        (folder / path.name).unlink(missing_ok=True)
        shutil.copyfile(path, folder / path.name)
    if package == "careerfoundry":
        follow(folder)
    assert fabricated(folder) == {}
    assert not inspect(folder)["tables"]["customers"]
