"""The course's notebooks: stripped, whole, and able to run."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

from unpushy.in_print import KEPT

OURS = sorted(
    p for f in ("lessons", "quizzes", "solutions", "exercises") for p in (ROOT / f).rglob("*.ipynb")
)
IN_PRINT = {"text/markdown", "text/plain"}
STRIP = ["-m", "nbstripout", "--keep-id", "--extra-keys", "metadata.language_info"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", OURS, ids=name)
def test_it_is_kept_stripped(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *STRIP, "--verify", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def kept(notebook: nbformat.NotebookNode) -> list[str]:
    """What is kept in a notebook of what comes of running it, or asks to be kept, but for a lesson's text in print."""
    found = ["metadata"] if "keep_output" in notebook.metadata else []
    for cell in notebook.cells:
        if cell.get("execution_count") is not None:
            found.append(f"{cell.id}: execution count")
        if cell.metadata.keys() & {"keep_output", "init_cell", "execution"}:
            found.append(f"{cell.id}: metadata")
        for output in cell.get("outputs", ()):
            if output.output_type != "display_data" or output.data.keys() != IN_PRINT:
                found.append(f"{cell.id}: {output.output_type}")
        if bool(cell.get("outputs")) != (KEPT in cell.metadata.get("tags", ())):
            found.append(f"{cell.id}: tag")
    return found


@pytest.mark.parametrize("path", OURS, ids=name)
def test_nothing_is_kept_of_a_run(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    assert kept(notebook) == []
    if path.parent.name != "lessons":
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_what_is_kept_of_a_run_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nbstripout leaves it: at a tag of ours."""
    monkeypatch.setenv("UNPUSHY_DATA", str(tmp_path))
    notebook = nbformat.read(ROOT / "lessons" / "11-capstone.ipynb", 4)
    notebook.cells.append(nbformat.v4.new_code_cell("print(1)", id="more"))
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    ran = [cell.id for cell in notebook.cells if cell.get("outputs")]
    assert ran == [cell.id for cell in notebook.cells if cell.cell_type == "code"]
    for what in (*(f"{one}: execution count" for one in ran), "more: stream", "more: tag"):
        assert what in kept(notebook)
    saved = tmp_path / "ran.ipynb"
    nbformat.write(notebook, saved)
    subprocess.run([sys.executable, *STRIP, saved], check=True)
    stripped = nbformat.read(saved, 4)
    assert kept(stripped) == [f"{one}: execute_result" for one in ran[:-1]]
    assert not stripped.cells[-1].outputs


@pytest.mark.parametrize("path", OURS, ids=name)
def test_it_is_a_valid_notebook_with_ids_of_its_own(path: Path) -> None:
    nbformat.validate(json.loads(path.read_text("utf-8")))
    cells = nbformat.read(path, 4).cells
    assert len({cell.id for cell in cells}) == len(cells)


@pytest.mark.parametrize("path", [p for p in OURS if "exercises" not in name(p)], ids=name)
def test_it_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNPUSHY_DATA", str(tmp_path))
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


@pytest.mark.parametrize(
    "path", [p for p in OURS if p.parts[-2] in ("lessons", "quizzes")], ids=name
)
def test_no_code_is_in_sight(path: Path) -> None:
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            assert cell.metadata["jupyter"]["source_hidden"]
            assert len(cell.source.splitlines()) <= 6
