"""The course's notebooks: stripped, whole, and able to run."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

OURS = sorted(
    p for f in ("lessons", "quizzes", "solutions", "exercises") for p in (ROOT / f).rglob("*.ipynb")
)
STRIP = ["-m", "nbstripout", "--keep-id", "--extra-keys", "metadata.language_info"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", OURS, ids=name)
def test_it_is_kept_stripped(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *STRIP, "--verify", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
