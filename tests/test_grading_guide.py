"""docs/grading.md: a teacher who types what it says gets feedback into learners' hands, either way."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from classroom import GOOD, NAME, POOR, fill
from conftest import ROOT

GUIDE = (ROOT / "docs" / "grading.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh (teacher|learner)( exchange)?\n(.*?)^```", GUIDE, re.M | re.S)


class Shell:
    """Somebody's terminal, which stays in the folder it went to."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PATH": path} | environment

    def type(self, commands: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", f"unpushy() {{ {sys.executable} -m unpushy \"$@\"; }}\n{commands}\npwd"],
            cwd=self.folder, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, commands + done.stdout + done.stderr
        self.folder = Path(done.stdout.splitlines()[-1])
        return done.stdout + done.stderr


def blocks(exchange: bool) -> list[tuple[str, str]]:
    return [(who, text) for who, only, text in BLOCKS if exchange or not only]


def test_by_zip_files_as_the_guide_says(tmp_path: Path) -> None:
    teacher = Shell(tmp_path)
    said = ""
    for _, text in blocks(exchange=False):
        if "zip_collect" in text:
            archive = teacher.folder / "downloaded" / NAME / "archive"
            with ZipFile(teacher.folder / f"{NAME}.zip") as given:
                given.extractall(tmp_path / "learner")
            assert (tmp_path / "learner" / NAME / f"{NAME}.ipynb").is_file()
            with ZipFile(archive / "moodle.zip", "w") as moodle:
                for who, answers in (("Ada Lovelace_17", GOOD), ("Ben Ali_18", POOR)):
                    moodle.writestr(
                        f"{who}_assignsubmission_file_/{NAME}.ipynb",
                        nbformat.writes(fill(teacher.folder, answers)),
                    )
            nbformat.write(fill(teacher.folder, GOOD), archive / "cleo.ipynb")
        said += teacher.type(text)
    assert "Graded 3" in said
    with ZipFile(teacher.folder / f"{NAME}-feedback.zip") as back:
        assert back.namelist() == [f"{w}/{NAME}.html" for w in ("Ada Lovelace", "Ben Ali", "cleo")]
        assert "2 of 2 points" in back.read(f"cleo/{NAME}.html").decode()
    teacher.type("mv submitted/cleo submitted/ada")
    for command in re.findall(r"\| `((?:nbgrader|unpushy)[^`]+)` \|", GUIDE):
        teacher.type(command)
    table = (teacher.folder / "grades.csv").read_text()
    assert len(table.splitlines()) == 4


def test_by_the_exchange_under_a_hub_as_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    home = tmp_path / "home"
    home.mkdir()
    private = {"HOME": str(home), "JUPYTER_DATA_DIR": str(home / "data")}
    teacher = Shell(tmp_path, **private)
    learners = {
        who: Shell(
            tmp_path, JUPYTERHUB_USER=who, **(private | {"JUPYTER_DATA_DIR": str(home / who)})
        )
        for who in ("ada", "ben")
    }
    answers = {"ada": GOOD, "ben": POOR}
    for who, text in blocks(exchange=True):
        text = text.replace("teach my-class", f"teach my-class --exchange {tmp_path / 'exchange'}")
        by_zip = ("hand-", "zip_collect", "mkdir")
        text = "\n".join(line for line in text.splitlines() if not any(w in line for w in by_zip))
        if who == "teacher":
            teacher.type(text)
            continue
        for name, learner in learners.items():
            if learner.folder == tmp_path:
                learner.folder = tmp_path / name
                learner.folder.mkdir()
                settings = (teacher.folder / "for-learners" / "nbgrader_config.py").read_text()
                (learner.folder / "nbgrader_config.py").write_text(settings)
            for command in text.splitlines():
                if "submit" in command:
                    mine = learner.folder / NAME / f"{NAME}.ipynb"
                    nbformat.write(fill(teacher.folder, answers[name]), mine)
                learner.type(command)
    for name, worth in (("ada", "2 of 2 points"), ("ben", "0 of 2 points")):
        (page,) = (tmp_path / name / NAME / "feedback").rglob("*.html")
        assert worth in page.read_text()


def test_the_formgrader_opens_in_a_class_folder(tmp_path: Path) -> None:
    teacher = Shell(tmp_path, HOME=str(tmp_path))
    teacher.type(BLOCKS[0][2])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", f"--port={port}", "--allow-root",
         "--IdentityProvider.token=secret"],
        cwd=teacher.folder, env=teacher.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/formgrader/api/assignments?token=secret"
        until = time.monotonic() + 60
        while True:
            try:
                listed = urllib.request.urlopen(address).read().decode()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)
        assert NAME in listed
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"unpushy ([a-z-]+)", GUIDE))))
def test_every_command_named_in_the_guide_is_there(command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "unpushy", command, "--help"], capture_output=True)
    assert done.returncode == 0


def test_the_guide_is_one_page() -> None:
    assert len(GUIDE.split()) < 1_000
