"""The notebook doctor: what a learner answered, out of whatever came in, put back into the notebook as released.

It mends what is certain, says what it did, and leaves the rest to a person. Whatever else a learner's file
holds (outputs, attachments, changed cells, hidden settings) stays behind: only text comes through.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from unpushy.assignments.cells import body_of
from unpushy.judging import PLACEHOLDER

MENDED, ASK, ODD = "mended", "ask", "odd"
POINTS_FOR = "points-"
LARGEST = 20_000_000  # bytes of a notebook that are read
LARGEST_BROKEN = 2_000_000  # bytes of a broken one that are searched for cells
MOST_CELLS = 2_000
LONGEST_NOTE = 5_000  # characters shown of what isn't an answer

_MAGIC = re.compile(r"^[^\S\n]*%%rewrite\b[^\S\n]*(?P<rest>[^\n]*)$", re.MULTILINE)
_SCORE_LINE = re.compile(
    r"^[^\S\n]*score\([\"'][\w-]+[\"'], *points *= *[\d.]+\)[^\S\n]*$\n?", re.MULTILINE
)
_COMMENT = re.compile(r"^[^\S\n]*#[^\n]*$\n?", re.MULTILINE)
_CONFLICT = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>.*?)^(?:\|{7}[^\n]*\n.*?^)?={7}[^\n]*\n(?P<theirs>.*?)^>{7}[^\n]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_CELL_START = re.compile(
    r'\{\s*"(?:cell_type|id|metadata|attachments|execution_count|outputs|source)"'
)
_UNREAL = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class NoNotebook(ValueError):
    """A file holds no notebook; the message says what it looks like."""


@dataclass(frozen=True)
class Finding:
    """What the doctor mended, found odd, or asks a person about; `cell` is the answer concerned, if one is."""

    kind: str
    cell: str
    words: str


@dataclass(frozen=True)
class Release:
    """An assignment's notebook as learners get it."""

    name: str
    notebook: NotebookNode = field(repr=False)

    def _named(self, solution: bool, grade: bool) -> dict[str, NotebookNode]:
        found = {}
        for cell in self.notebook.cells:
            about = cell.metadata.get("nbgrader", {})
            if (about.get("solution"), about.get("grade")) == (solution, grade):
                found[about["grade_id"]] = cell
        return found

    @cached_property
    def answers(self) -> dict[str, NotebookNode]:
        """The cells for answers, by id."""
        return self._named(solution=True, grade=False)

    @cached_property
    def essays(self) -> dict[str, NotebookNode]:
        """The cells that a person marks, by id."""
        return self._named(solution=True, grade=True)

    @cached_property
    def points(self) -> dict[str, float]:
        """What each answer is worth, by its id."""
        return {
            name.removeprefix(POINTS_FOR): float(cell.metadata.nbgrader["points"])
            for name, cell in self._named(solution=False, grade=True).items()
        }

    @cached_property
    def locked(self) -> dict[str, NotebookNode]:
        """The cells that a learner shouldn't change, by id."""
        return self._named(solution=False, grade=False) | self._named(solution=False, grade=True)


@cache
def _release(path: Path, changed: float) -> Release:
    notebook = nbformat.read(path, 4)
    return Release(path.stem, notebook)


def release_at(path: Path) -> Release:
    """The released notebook in a file."""
    return _release(path, path.stat().st_mtime)


def release_for(file: Path, raw: bytes, exercises: Path) -> Release | None:
    """The release that a file answers: by its name, or by the exercise lines that are named in it."""
    named = exercises / file.parent.name / f"{file.parent.name}.ipynb"
    if file.stem == file.parent.name and named.is_file():
        return release_at(named)
    releases = [release_at(path) for path in sorted(exercises.glob("*/*.ipynb"))]
    shared = {one.name: sum(raw.count(ident.encode()) for ident in one.answers) for one in releases}
    best = max(
        releases, key=lambda one: (file.stem.startswith(one.name), shared[one.name]), default=None
    )
    if best is None or not (file.stem.startswith(best.name) or shared[best.name]):
        return None
    return best


@dataclass(frozen=True)
class Cell:
    """A submitted cell, reduced to what may matter."""

    place: int
    kind: str
    id: str
    grade_id: str
    checksum: str
    source: str
    odd: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a submitted notebook."""

    release: Release
    answers: Mapping[str, str]
    findings: tuple[Finding, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing had to be mended or asked."""
        return all(one.kind == ODD for one in self.findings)

    def notebook(self) -> NotebookNode:
        """The released notebook with this learner's words in it, and nothing else of theirs."""
        made = deepcopy(self.release.notebook)
        below: dict[str, list[str]] = {}
        for after, text in self.extra:
            below.setdefault(after, []).append(text)
        cells = [_note(text) for text in below.get("", ())]
        for cell in made.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", cell.id)
            if answer := self.answers.get(name):
                cell.source = f"%%rewrite {name}\n{answer}" if cell.cell_type == "code" else answer
            elif name in self.notes:
                cell.source = inert(self.notes[name], LONGEST_NOTE)
            cells += [cell, *(_note(text) for text in below.get(name, ()))]
        made.cells = cells
        made.metadata["unpushy"] = {
            "findings": [[one.kind, one.cell, one.words] for one in self.findings]
        }
        return made


def inert(text: str, longest: int = 100_000) -> str:
    """A learner's words for a Markdown cell, in which they stay words."""
    return f'<pre style="white-space:pre-wrap">{escape(text[:longest])}</pre>'


def _note(text: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(inert(text, LONGEST_NOTE))
    return cell


# Reading a file


def _decoded(raw: bytes) -> tuple[str, list[Finding]]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), [
            Finding(MENDED, "", "The file was saved as UTF-16.")
        ]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), [
            Finding(MENDED, "", "Some letters could not be read, and show as “\ufffd”.")
        ]


_LOOKS_LIKE = (
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
)


def _cells_of(found: Any) -> list[Any]:
    """The cells of what a file holds: of version 4, or of 3 with its worksheets."""
    if not isinstance(found, dict):
        raise NoNotebook("It holds data, but no notebook.")
    cells = found.get("cells")
    if cells is None and isinstance(found.get("worksheets"), list):
        sheets = [one for one in found["worksheets"] if isinstance(one, dict)]
        cells = [cell for one in sheets for cell in _listed(one.get("cells"))]
    if not isinstance(cells, list):
        raise NoNotebook("It holds data, but no notebook.")
    return cells


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _text(found: Any) -> str:
    """Source as one text, whether it is kept in lines or not."""
    if isinstance(found, list):
        found = "".join(one for one in found if isinstance(one, str))
    if not isinstance(found, str):
        return ""
    return _CONTROL.sub("", _UNREAL.sub("\ufffd", found.replace("\r\n", "\n")))


def _word(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _cell(place: int, found: dict[str, Any]) -> Cell:
    metadata = found.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    about = metadata.get("nbgrader")
    about = about if isinstance(about, dict) else {}
    kind = _word(found.get("cell_type"))
    odd = ("It came with an attachment, which was left out.",) if found.get("attachments") else ()
    return Cell(
        place,
        kind,
        _word(found.get("id")) or _word(metadata.get("id")),
        _word(about.get("grade_id")),
        _word(about.get("checksum")),
        _text(found.get("source", found.get("input"))),
        odd,
    )


def _rescued(text: str) -> list[Any]:
    """The whole cells of a text that is no JSON as a whole."""
    decoder = json.JSONDecoder()
    found, end = [], 0
    for tried, start in enumerate(_CELL_START.finditer(text[:LARGEST_BROKEN])):
        if tried > MOST_CELLS:
            break
        if start.start() < end:
            continue
        try:
            one, stop = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict) and "cell_type" in one:
            found.append(one)
            end = stop
    return found


def _read(raw: bytes) -> tuple[list[Cell], list[Finding], bool]:
    """The cells of a file, what had to be mended to read them, and whether some of it is missing."""
    if len(raw) > LARGEST:
        raise NoNotebook(f"It is larger than {LARGEST // 1_000_000} MB.")
    for start, name in _LOOKS_LIKE:
        if raw.lstrip()[: len(start)].lower() == start.lower():
            raise NoNotebook(f"It is {name}.")
    if not raw.strip():
        raise NoNotebook("It is empty.")
    text, findings = _decoded(raw)
    missing = False
    try:
        cells = _cells_of(json.loads(text))
    except RecursionError:
        raise NoNotebook("It is nested too deeply.") from None
    except NoNotebook:
        raise
    except ValueError:
        cells = _rescued(text)
        if not cells:
            raise NoNotebook("It isn't JSON, and no cell in it can be read.") from None
        missing = True
        findings.append(
            Finding(MENDED, "", "The file was broken off or damaged; its whole cells were read.")
        )
    cells = [one for one in cells if isinstance(one, dict)][:MOST_CELLS]
    return [_cell(place, one) for place, one in enumerate(cells)], findings, missing


def _sides(raw: bytes) -> tuple[bytes, bytes] | None:
    """Both sides of a file with merge-conflict marks, or None."""
    if b"<<<<<<<" not in raw or len(raw) > LARGEST_BROKEN:
        return None
    text, _ = _decoded(raw)
    if not _CONFLICT.search(text):
        return None
    ours, theirs = (
        _CONFLICT.sub(lambda m, side=side: m[side], text).encode("utf-8", "replace")  # type: ignore[misc]
        for side in ("ours", "theirs")
    )
    return ours, theirs


# Finding the answers


@dataclass(frozen=True)
class _Piece:
    """A part of a cell that may be an answer; `said` is the id on its magic line."""

    place: int
    said: str
    text: str
    named: bool
    magic: bool


def _nothing(text: str) -> bool:
    text = body_of(text)
    return not text or text in (PLACEHOLDER, PLACEHOLDER.strip("()"))


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


class _Examination:
    """One notebook on its way to a diagnosis."""

    def __init__(self, cells: list[Cell], release: Release) -> None:
        self.cells = cells
        self.release = release
        self.findings: list[Finding] = []
        self.pieces: dict[str, list[_Piece]] = {}
        self.known = {cell.id: cell for cell in release.notebook.cells}
        self.texts = {" ".join(cell.source.split()) for cell in release.notebook.cells}
        self.names = release.answers | release.essays | release.locked | self.known
        self.used: set[int] = set()

    def tell(self, kind: str, cell: str, words: str) -> None:
        finding = Finding(kind, cell, words)
        if finding not in self.findings:
            self.findings.append(finding)

    def name(self, cell: Cell) -> str:
        """The id of the released cell that this one is, or ''."""
        for name in (cell.grade_id, cell.id):
            if name in self.names:
                return name
        return ""

    def take(self, cell: Cell) -> None:
        """Put the pieces of a cell where they belong."""
        name = self.name(cell)
        mine = name if name in self.release.answers else ""
        source = self._settle_conflict(cell.source, mine)
        found = list(_MAGIC.finditer(source))
        if name in self.release.essays or (name and not mine and not found):
            return
        if not found:
            if mine:
                self._add(mine, cell, "", source, named=True, magic=False)
            return
        above = source[: found[0].start()].strip()
        for number, magic in enumerate(found):
            end = found[number + 1].start() if number + 1 < len(found) else len(source)
            body = source[magic.end() : end].strip("\n")
            said, _, rest = magic["rest"].strip().partition(" ")
            to = self._meant(said, mine, alone=len(found) == 1)
            if not to:
                continue
            body = self._without_points(body, to)
            if rest and _nothing(body):
                self.tell(MENDED, to, "The answer stood on the first line of its cell.")
                body = rest
            if number == 0 and above:
                body = self._with_above(above, body, to)
            if len(found) > 1:
                self.tell(MENDED, to, "Its cell was merged with another; they were taken apart.")
            self._add(to, cell, said, body, named=to == mine, magic=True)
        self.used.add(cell.place)
        if mine and cell.kind != "code":
            self.tell(MENDED, mine, f"Its cell had become a {cell.kind or 'strange'} cell.")
        if mine and cell.grade_id != mine:
            self.tell(MENDED, mine, "Its cell had lost its settings, or had others.")

    def _settle_conflict(self, source: str, mine: str) -> str:
        """A source without merge-conflict marks; the first side, where both say something."""
        match = _CONFLICT.search(source)
        if not match:
            return source
        ours, theirs = (_CONFLICT.sub(lambda m, s=s: m[s], source) for s in ("ours", "theirs"))  # type: ignore[misc]
        one, other = (_MAGIC.sub("", text) for text in (ours, theirs))
        if _nothing(one) or _same(one, other):
            self.tell(MENDED, mine, "Merge-conflict marks were taken out.")
            return theirs
        if _nothing(other):
            self.tell(MENDED, mine, "Merge-conflict marks were taken out.")
            return ours
        words = f"A merge left two answers; the first is marked. The other: {_short(other)}"
        self.tell(ASK, mine, words)
        return ours

    def _meant(self, said: str, mine: str, alone: bool) -> str:
        """The answer that a magic line stands for: its cell's name decides, else what it says."""
        if mine and (alone or said == mine):
            if said != mine:
                self.tell(MENDED, mine, f"Its first line said “{said[:40]}”.")
            return mine
        if said in self.release.answers:
            return said
        near = get_close_matches(said, self.release.answers, 2, 0.8) if len(said) < 60 else []
        if len(near) == 1 and not self._elsewhere(near[0]):
            self.tell(MENDED, near[0], f"Its first line said “{said[:40]}”.")
            return near[0]
        if said:
            words = f"A cell says “%%rewrite {said[:40]}”, which is no line of this assignment."
            self.tell(ASK if near else ODD, near[0] if near else "", words)
        return ""

    def _elsewhere(self, ident: str) -> bool:
        """Whether an answer has a cell of its own."""
        return any(ident in (cell.grade_id, cell.id) for cell in self.cells)

    def _without_points(self, body: str, to: str) -> str:
        bare = _SCORE_LINE.sub("", body)
        if bare != body:
            self.tell(MENDED, to, "Its cell was merged with the one for its points.")
        return bare

    def _with_above(self, above: str, body: str, to: str) -> str:
        """An answer, given what stands above its magic line."""
        left = _COMMENT.sub("", above).strip()
        if not left or " ".join(above.split()) in self.texts:
            self.tell(MENDED, to, "Something stood above its first line.")
            return body
        if _nothing(body):
            self.tell(MENDED, to, "The answer stood above its first line.")
            return left
        self.tell(ASK, to, f"Text stands above its first line, and isn't marked: {_short(left)}")
        return body

    def _add(self, to: str, cell: Cell, said: str, text: str, *, named: bool, magic: bool) -> None:
        self.used.add(cell.place)
        self.pieces.setdefault(to, []).append(_Piece(cell.place, said, text, named, magic))

    def answer(self, ident: str) -> str:
        """The answer that a learner gave, as far as it can be told."""
        pieces = self._joined(ident, self.pieces.get(ident, []))
        given = [one for one in pieces if not _nothing(one.text)]
        if not pieces:
            self.tell(MENDED, ident, "Its cell is missing.")
        different: dict[str, _Piece] = {}
        for one in sorted(given, key=lambda piece: piece.named):
            key = " ".join(body_of(one.text).split())
            different.pop(key, None)
            different[key] = one
        if len(different) > 1:
            chosen, *others = reversed(different.values())
            words = " · ".join(_short(one.text) for one in others)
            self.tell(ASK, ident, f"There are {len(different)} answers. Not marked: {words}")
            return body_of(chosen.text)
        if len(pieces) > 1:
            self.tell(MENDED, ident, "Its cell stood there more than once.")
        if different:
            (chosen,) = different.values()
            if not chosen.named:
                self.tell(MENDED, ident, "The answer stood in another cell.")
            elif not chosen.magic:
                self.tell(MENDED, ident, "Its first line, “%%rewrite …”, was gone.")
            return body_of(chosen.text)
        return ""

    def _joined(self, ident: str, pieces: list[_Piece]) -> list[_Piece]:
        """Halves of a cell that was split, side by side, as one."""
        joined: list[_Piece] = []
        for one in pieces:
            last = joined[-1] if joined else None
            beside = last is not None and last.place + 1 == one.place and last.named and one.named
            if last and beside and last.magic and not one.magic and not _nothing(one.text):
                self.tell(MENDED, ident, "Its cell was split; the halves were put together.")
                text = one.text if _nothing(last.text) else f"{last.text}\n{one.text}"
                joined[-1] = _Piece(one.place, last.said, text, True, True)
            else:
                joined.append(one)
        return joined

    def strangers(self) -> Iterator[tuple[str, Cell]]:
        """Cells of the learner's own, each with the released cell after which it stands."""
        after = ""
        for cell in self.cells:
            name = self.name(cell) or self._by_text(cell)
            if name and name not in self.release.answers:
                after = name
            elif cell.place in self.used:
                here = [
                    ident
                    for ident, all_ in self.pieces.items()
                    for p in all_
                    if p.place == cell.place
                ]
                after = here[-1] if here else after
            elif cell.source.strip():
                yield after, cell

    def _by_text(self, cell: Cell) -> str:
        wanted = " ".join(cell.source.split())
        for name, known in self.known.items():
            if wanted and wanted == " ".join(known.source.split()):
                return name
        return ""


def _short(text: str) -> str:
    text = " ".join(body_of(text).split())
    return f"“{text[:200]}{'…' if len(text) > 200 else ''}”"


def examine(raw: bytes, release: Release) -> Diagnosis:
    """What a learner answered in a file that was handed in, and what had to be mended to know it.

    A file that holds no notebook gives no answers, and asks for a person; nothing raises.
    """
    sides = _sides(raw)
    if sides is None:
        return _examine_one(raw, release)
    ours, theirs = (_examine_one(side, release) for side in sides)
    findings = [*ours.findings, Finding(MENDED, "", "Merge-conflict marks were taken out.")]
    answers = dict(ours.answers)
    for ident, other in theirs.answers.items():
        mine = answers.get(ident, "")
        if _nothing(mine) and not _nothing(other):
            answers[ident] = other
        elif not _nothing(other) and not _same(mine, other):
            words = f"A merge left two answers; the first is marked. The other: {_short(other)}"
            findings.append(Finding(ASK, ident, words))
    return Diagnosis(release, answers, tuple(findings), ours.notes, ours.extra)


def _examine_one(raw: bytes, release: Release) -> Diagnosis:
    try:
        cells, findings, missing = _read(raw)
    except NoNotebook as error:
        words = f"It can't be read as a notebook. {error}"
        return Diagnosis(release, {}, (Finding(ASK, "", words),))
    seen = _Examination(cells, release)
    for cell in cells:
        seen.take(cell)
    answers = {ident: seen.answer(ident) for ident in release.answers}
    extra = _take_strangers(seen, answers)
    _take_from_points(seen, answers)
    for ident in release.essays:
        answers[ident] = _essay(seen, ident)
    for ident, answer in answers.items():
        if missing and _nothing(answer):
            seen.tell(ASK, ident, "Nothing of it was found in what could be read of the file.")
    answers = {ident: text for ident, text in answers.items() if not _nothing(text)}
    notes = {
        cell.id: cell.source
        for cell in cells
        if cell.id in seen.known
        and not seen.known[cell.id].metadata.get("nbgrader")
        and not _same(cell.source, seen.known[cell.id].source)
    }
    _look_at_the_rest(seen)
    return Diagnosis(release, answers, (*findings, *seen.findings), notes, tuple(extra))


def _take_strangers(seen: _Examination, answers: dict[str, str]) -> list[tuple[str, str]]:
    """Take what was typed below an empty answer's cell for the answer; keep the rest as notes."""
    below: dict[str, list[Cell]] = {}
    extra = []
    for after, cell in seen.strangers():
        ident = after.removeprefix(POINTS_FOR)
        if ident in seen.release.answers:
            below.setdefault(ident, []).append(cell)
        extra.append((after, cell.source))
    for ident, cells in below.items():
        text = "\n".join(cell.source for cell in cells)
        if not answers[ident]:
            seen.tell(MENDED, ident, "The answer was typed below its cell.")
            answers[ident] = body_of(text)
            extra = [one for one in extra if one[1] not in [cell.source for cell in cells]]
        elif any(cell.kind != "markdown" for cell in cells):
            seen.tell(ASK, ident, f"There is more below the answer, not marked: {_short(text)}")
    return extra


def _take_from_points(seen: _Examination, answers: dict[str, str]) -> None:
    """Take what was typed over a points cell for an answer that is missing; tell of other changes."""
    for cell in seen.cells:
        name = seen.name(cell)
        if name not in seen.release.locked or cell.place in seen.used:
            continue
        if _same(cell.source, seen.release.locked[name].source):
            continue
        ident = name.removeprefix(POINTS_FOR)
        if ident in answers and not answers[ident] and "score(" not in cell.source:
            seen.tell(MENDED, ident, "The answer was typed over the cell for its points.")
            answers[ident] = body_of(cell.source)
        else:
            words = f"The locked cell “{name}” was changed: {_short(cell.source)}. It was put back."
            seen.tell(ODD, ident if ident in answers else "", words)


def _essay(seen: _Examination, ident: str) -> str:
    released = seen.release.essays[ident].source
    found = [cell for cell in seen.cells if seen.name(cell) == ident]
    texts = list(dict.fromkeys(c.source.strip() for c in found if not _same(c.source, released)))
    if not found:
        seen.tell(MENDED, ident, "Its cell is missing.")
    if len(texts) > 1:
        others = " · ".join(_short(text) for text in texts[:-1])
        seen.tell(ASK, ident, f"There are {len(texts)} answers. Not shown: {others}")
    return texts[-1] if texts else ""


def _look_at_the_rest(seen: _Examination) -> None:
    """Tell of an older release, of cells that pretend to be marked, and of attachments."""
    older = False
    for cell in seen.cells:
        for words in cell.odd:
            seen.tell(
                ODD, seen.name(cell) if seen.name(cell) in seen.release.answers else "", words
            )
        locked = seen.release.locked.get(cell.grade_id)
        if (
            locked is not None
            and cell.checksum
            and cell.checksum != locked.metadata.nbgrader.get("checksum")
        ):
            older = True
        if cell.grade_id and cell.grade_id not in seen.names and cell.id not in seen.names:
            seen.tell(
                ODD,
                "",
                f"A cell calls itself “{cell.grade_id[:60]}”, which isn't in this assignment.",
            )
    if older:
        seen.tell(MENDED, "", "It was made from an older release; this one's points count.")


def told(findings: Iterable[Finding]) -> list[str]:
    """Findings as sentences, each with the answer it concerns."""
    return [f"{one.cell}: {one.words}" if one.cell else one.words for one in findings]
