"""A class without a shared disk: assignments go out, come in and go back as zip files."""

import re
import stat
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from unpushy.assignments.doctor import LARGEST
from unpushy.assignments.submissions import read_submission

MOST_FILES = 5_000  # in one archive
MOST_BYTES = 500_000_000  # out of one archive
CLASS_ARCHIVE = 1_000_000_000  # bytes of an archive that are read
NOTEBOOK, ARCHIVE = ".ipynb", ".zip"

_MOODLE = re.compile(r"(?P<who>.+?)_\d+_assignsubmission_.*")
_CANVAS = re.compile(r"(?P<who>[^_]+)(?:_LATE)?_\d+_\d+_.*")
_NO_NAME = re.compile(r"[^\w.@ -]")


def learner(name: str) -> str:
    """Who handed in a file or folder of this name, as learning platforms name them.

    >>> learner("Ada Lovelace_1234_assignsubmission_file_"), learner("lovelaceada_LATE_12_34_01.ipynb")
    ('Ada Lovelace', 'lovelaceada')
    >>> learner("ada.zip"), learner("../ada")
    ('ada', '-ada')
    """
    found = _MOODLE.fullmatch(name) or _CANVAS.fullmatch(name)
    who = found["who"] if found else re.sub(r"\.(?:ipynb|zip)$", "", name, flags=re.IGNORECASE)
    who = unicodedata.normalize("NFC", who).replace("/", "-")
    return _NO_NAME.sub("-", who).strip(" .")[:100]


def hand_out(released: Path, to: Path) -> Path:
    """Write an assignment's released files into a zip file for learners."""
    with ZipFile(to, "w", ZIP_DEFLATED) as archive:
        for path in sorted(released.rglob("*")):
            if path.is_file() and path.suffix in (NOTEBOOK, ".svg", ".png"):
                archive.write(
                    path, PurePosixPath(released.name, path.relative_to(released).as_posix())
                )
    return to


def hand_back(feedback: Path, assignment: str, to: Path) -> list[str]:
    """Write everybody's feedback on an assignment into one zip file, a folder each. Returns whose."""
    students = []
    with ZipFile(to, "w", ZIP_DEFLATED) as archive:
        for page in sorted(feedback.glob(f"*/{assignment}/*.html")):
            student = page.parent.parent.name
            archive.write(page, PurePosixPath(student, page.name))
            students.append(student)
    return sorted(set(students))


class UnpackWithCare(ExtractorPlugin):
    """Takes notebooks out of archives, and nothing else; what is refused is told."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack all archives of a folder into another, which has one notebook for each learner."""
        self._kept: dict[str, tuple[tuple[bool, int], str]] = {}
        self._into = Path(extracted_path)
        for path in sorted(Path(archive_path).rglob("*")):
            if not path.is_file():
                continue
            if path.is_symlink():
                self.log.warning("%s: it is a link, and isn't followed.", path.name)
            elif path.suffix.lower() == ARCHIVE:
                self._unpack(path)
            elif path.suffix.lower() == NOTEBOOK:
                inside = path.parent != Path(archive_path)
                self._keep(
                    path.parent.name if inside else path.name, path.name, read_submission(path)
                )
            else:
                self.log.warning("%s: only notebooks and zip files are taken.", path.name)

    def _unpack(self, path: Path) -> None:
        if path.stat().st_size > CLASS_ARCHIVE:
            self.log.warning("%s: it is too large.", path.name)
            return
        found = list(self._notebooks(path, path.name, [MOST_BYTES], depth=2))
        folders = {
            PurePosixPath(name).parts[0] for name, _ in found if len(PurePosixPath(name).parts) > 1
        }
        flat = [
            PurePosixPath(name).parts[0] for name, _ in found if len(PurePosixPath(name).parts) == 1
        ]
        of_a_class = len(folders) > 1 or any(_MOODLE.fullmatch(one) for one in folders)
        of_a_class = of_a_class or (bool(flat) and all(_CANVAS.fullmatch(one) for one in flat))
        for name, raw in found:
            who = PurePosixPath(name).parts[0] if of_a_class else path.name
            self._keep(who, PurePosixPath(name).name, raw)

    def _notebooks(
        self, file: Path | BytesIO, told: str, left: list[int], depth: int
    ) -> Iterator[tuple[str, bytes]]:
        """Names and contents of the notebooks in an archive and in the archives within."""
        try:
            with ZipFile(file) as archive:
                members = archive.infolist()
                if len(members) > MOST_FILES:
                    self.log.warning("%s: it holds more than %s files.", told, MOST_FILES)
                    return
                for member in members:
                    yield from self._member(archive, member, told, left, depth)
        except (BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError) as error:
            self.log.warning("%s: it can't be unpacked (%s).", told, error)

    def _member(
        self, archive: ZipFile, member: ZipInfo, told: str, left: list[int], depth: int
    ) -> Iterator[tuple[str, bytes]]:
        name = member.filename.replace("\\", "/")
        suffix = PurePosixPath(name).suffix.lower()
        hidden = any(
            part.startswith(("__MACOSX", ".")) and part != ".." for part in name.split("/")
        )
        if member.is_dir() or hidden or suffix not in (NOTEBOOK, ARCHIVE):
            return
        if ".." in name.split("/") or name.startswith("/") or ":" in name:
            self.log.warning("%s: “%s” leads out of the archive, and was left out.", told, name)
            return
        if stat.S_ISLNK(member.external_attr >> 16):
            self.log.warning("%s: “%s” is a link, and was left out.", told, name)
            return
        with archive.open(member) as inside:
            raw = inside.read(min(LARGEST, left[0]) + 1)
        if len(raw) > LARGEST or len(raw) > left[0]:
            self.log.warning("%s: “%s” unpacks to too much, and was left out.", told, name)
            left[0] -= min(len(raw), left[0])
            return
        left[0] -= len(raw)
        if suffix == NOTEBOOK:
            yield name, raw
        elif depth > 1:
            for inner, found in self._notebooks(BytesIO(raw), f"{told}: {name}", left, depth - 1):
                yield str(PurePosixPath(name).parent / PurePosixPath(name).stem / inner), found
        else:
            self.log.warning("%s: “%s” is an archive in an archive in an archive.", told, name)

    def _keep(self, who: str, name: str, raw: bytes) -> None:
        """Keep the likeliest notebook of a learner: of the right name, or with most answers in it."""
        student = learner(who)
        if not student:
            self.log.warning("“%s”: nobody can be told from this name.", who)
            return
        wanted = f"{self.parent.coursedir.assignment_id}{NOTEBOOK}"
        rank = (name == wanted, raw.count(b"%%rewrite"))
        before = self._kept.get(student)
        if before:
            worse = name if before[0] >= rank else before[1]
            self.log.warning("%s: there are several notebooks; “%s” was left out.", student, worse)
            if before[0] >= rank:
                return
        self._kept[student] = rank, name
        folder = self._into / student
        folder.mkdir(parents=True, exist_ok=True)
        (folder / wanted).write_bytes(raw)


class OneFileEach(FileNameCollectorPlugin):
    """Tells whose a notebook is by the folder that `UnpackWithCare` put it in."""

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """The learner and the notebook, by a file's path."""
        path = Path(submitted_file)
        return {"student_id": path.parent.name, "file_id": path.name}
