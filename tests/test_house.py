"""The house: style, types, locks, and what a newcomer finds at the door."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


def run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_style() -> None:
    run("ruff", "check")


def test_format() -> None:
    run("ruff", "format", "--check")


def test_types() -> None:
    run("mypy")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_everything_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    pinned = re.findall(r"^[\w.-]+==.+?(?=^\w|\Z)", text, re.M | re.S)
    assert len(pinned) > 100
    assert not [one.split()[0] for one in pinned if "--hash=sha256:" not in one]


def test_the_tests_lock_holds_all_that_the_course_is_locked_to() -> None:
    pins = [
        set(re.findall(r"^[\w.-]+==[^\s;]+", (ROOT / name).read_text(), re.M)) for name in LOCKS
    ]
    assert pins[0] <= pins[1]


def test_start_needs_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "start.py").read_text())
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_start_says_what_to_install_where_python_lacks_venv(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError")
    shutil.copy(ROOT / "start.py", tmp_path)
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import start; start.main([])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "lacks venv or pip" in done.stderr
    assert "apt install python3" in done.stderr


def test_the_environment_for_conda_uses_the_same_lock() -> None:
    text = (ROOT / "environment.yml").read_text()
    assert "-r requirements.lock" in text
    assert "--require-hashes" in text


@pytest.mark.parametrize(
    "name",
    ["lessons", "exercises", "solutions", "tests", "environment.yml", "README.md", "LICENSE"],
)
def test_what_was_asked_for_is_at_the_top(name: str) -> None:
    assert (ROOT / name).exists()


def test_documents_name_only_what_exists() -> None:
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "training").glob("*.md"),
    ):
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_make_prints_its_commands() -> None:
    if not shutil.which("make"):
        pytest.skip("no make on this machine")
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
    for command in ("test", "lint", "bench", "exercises", "lessons"):
        assert f"make {command}" in done.stdout
