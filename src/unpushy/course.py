"""The course as data: TOML files in, frozen dataclasses out.

A file's presence registers what it describes; there is no list to update.
Whatever is wrong with a file is reported as `CourseError` with its name, its key and its line.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

CONTENT = Path(__file__).parent / "content"

T = TypeVar("T")
S = TypeVar("S", bound="Sign")


class CourseError(ValueError):
    """A content file is not as it should be; the message says which file, key and line."""


@dataclass(frozen=True)
class Pattern:
    """A regular expression over a line's plain form, and what cancels it in the same sentence.

    Weak is what is not enough by itself: a stock phrase, or words that push in one line and not in another.
    """

    find: str
    unless: str = ""
    weak: bool = False


@dataclass(frozen=True)
class Sign:
    """What tactics and moves have in common: something that can be heard in a line."""

    code: str
    name: str
    hears: str
    why: str
    instead: str
    principle: int
    patterns: tuple[Pattern, ...]


class Tactic(Sign):
    """A way to push."""


class Move(Sign):
    """A way to invite."""


@dataclass(frozen=True)
class NearMiss:
    """A rewrite that nearly works, and the reason it doesn't."""

    line: str
    grade: int
    why: str
    ear_disagrees: bool = False


@dataclass(frozen=True)
class Model:
    """One good way to say it; there are always others."""

    line: str
    voice: str
    ear_disagrees: bool = False


@dataclass(frozen=True)
class Exercise:
    """A situation and a pushy line to rewrite."""

    id: str
    lesson: int
    trade: str
    channel: str
    situation: str
    pushy: str
    tactics: tuple[str, ...]
    facts: tuple[str, ...]
    hints: tuple[str, ...]
    models: tuple[Model, ...]
    near_misses: tuple[NearMiss, ...]
    assignment: bool = False


@dataclass(frozen=True)
class Option:
    """One answer to choose from, whether it is right, and why."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One quiz question.

    `kind` is `one` (one choice), `several` (several choices), `mark` (mark the pushing words) or
    `rewrite`. A `mark` question has a `line` in which [[double brackets]] enclose what pushes.
    """

    id: str
    lesson: int
    kind: str
    prompt: str
    difficulty: int
    codes: tuple[str, ...]
    options: tuple[Option, ...] = ()
    line: str = ""
    why: str = ""
    exercise: str = ""


def _line_of(text: str, key: str, nth: int = 0) -> int:
    """The line (from 1) on which `key` is set for the nth time, or 1."""
    found = [m.start() for m in re.finditer(rf"(?m)^\s*\[*{re.escape(key)}\]*\s*(=|$)", text)]
    return text.count("\n", 0, found[min(nth, len(found) - 1)]) + 1 if found else 1


def _fit(kind: Any, value: Any, name: str, text: str, key: str, nth: int = 0) -> Any:
    """`value` as a `kind`, or a CourseError that names the place."""
    place = f"{name}, line {_line_of(text, key, nth)}: '{key}'"
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise CourseError(f"{place} should be a list, not {value!r}")
        inner = get_args(kind)[0]
        return tuple(_fit(inner, one, name, text, key, i) for i, one in enumerate(value))
    if kind in (str, int, bool):
        if type(value) is not kind:
            words = {str: "text in quotes", int: "a whole number", bool: "true or false"}
            raise CourseError(f"{place} should be {words[kind]}, not {value!r}")
        if kind is str and key != "line" and not value.strip():
            raise CourseError(f"{place} is empty")
        return value.strip() if kind is str and "\n" in value else value
    if kind is Pattern and isinstance(value, str):
        return Pattern(value)
    if not isinstance(value, dict):
        raise CourseError(f"{place} should be a table, not {value!r}")
    return _build(kind, value, name, text, key, nth)


def _build(
    cls: type[T], table: Mapping[str, Any], name: str, text: str, under: str = "", nth: int = 0
) -> T:
    """A `cls` from a parsed table; every key of the table has to be one of its fields."""
    hints = get_type_hints(cls)
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    inside = f" of '{under}'" if under else ""
    for key in table:
        if key not in known:
            raise CourseError(
                f"{name}, line {_line_of(text, key)}: '{key}'{inside} is not known here; "
                f"known are {', '.join(known)}"
            )
    for key, field in known.items():
        if key not in table and field.default is MISSING:
            line = _line_of(text, under, nth) if under else 1
            raise CourseError(f"{name}, line {line}: '{key}'{inside} is missing")
    return cls(
        **{key: _fit(hints[key], value, name, text, key, nth) for key, value in table.items()}
    )


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # A key is the most useful thing to name; tomllib gives the place only.
        place = re.search(r"line (\d+)", str(error))
        number = int(place[1]) if place else text.count("\n") + 1
        before = re.findall(r"(?m)^\s*([A-Za-z_]+)\s*=", "\n".join(text.splitlines()[:number]))
        key = f" near '{before[-1]}'" if before else ""
        raise CourseError(f"{name}, line {number}{key}: {error}") from None


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """(short name, text) of each TOML file of a folder, in the order of their names."""
    for path in sorted(folder.glob("*.toml")):
        name = f"{folder.name}/{path.name}"
        try:
            yield name, path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise CourseError(f"{name}: not UTF-8 text (byte {error.start})") from None
        except OSError as error:
            raise CourseError(f"{name}: cannot be read ({error.strerror})") from None


EXAMPLES = "\n[examples]"


def load_signs(cls: type[S], folder: Path) -> dict[str, S]:
    """The tactics or moves of a folder by code; a file is named after its code."""
    signs: dict[str, S] = {}
    for name, text in _files(folder):
        # The examples are for tests and readers; leaving them out keeps the ear's start quick.
        table = _parse(text.split(EXAMPLES)[0], name)
        sign = _build(cls, table, name, text)
        if f"{sign.code}.toml" != Path(name).name:
            raise CourseError(f"{name}: 'code' is '{sign.code}', so the file is {sign.code}.toml")
        signs[sign.code] = sign
    return signs


@dataclass(frozen=True)
class Examples:
    """The proof beside the patterns: lines in which a sign is heard, and look-alikes in which not."""

    hits: tuple[str, ...]
    near_misses: tuple[str, ...]


def load_examples(folder: Path) -> dict[str, Examples]:
    """The examples of every tactic or move in a folder, by code."""
    found = {}
    for name, text in _files(folder):
        table = _parse(text, name)
        if "examples" not in table:
            raise CourseError(f"{name}, line 1: 'examples' is missing")
        found[Path(name).stem] = _build(Examples, table["examples"], name, text, "examples")
    return found


def _load_lists(cls: type[T], folder: Path, key: str) -> dict[str, T]:
    """The [[key]] tables of all files in a folder, by id; an id may stand only once."""
    found: dict[str, T] = {}
    for name, text in _files(folder):
        table = _parse(text, name)
        for other in table.keys() - {key, "lesson"}:
            raise CourseError(
                f"{name}, line {_line_of(text, other)}: '{other}' is not known here; "
                f"known are lesson, {key}"
            )
        if not isinstance(table.get("lesson"), int):
            raise CourseError(
                f"{name}, line {_line_of(text, 'lesson')}: 'lesson' should be a number"
            )
        for nth, one in enumerate(table.get(key, ())):
            built = _build(cls, {"lesson": table["lesson"], **one}, name, text, key, nth)
            if (ident := built.id) in found:  # type: ignore[attr-defined]
                raise CourseError(
                    f"{name}, line {_line_of(text, 'id', nth)}: id '{ident}' stands twice"
                )
            found[ident] = built
    return found


@cache
def tactics() -> Mapping[str, Tactic]:
    """The twelve push tactics by code."""
    return MappingProxyType(load_signs(Tactic, CONTENT / "tactics"))


@cache
def moves() -> Mapping[str, Move]:
    """The eleven pull moves by code."""
    return MappingProxyType(load_signs(Move, CONTENT / "moves"))


@cache
def vocabulary() -> Mapping[str, str]:
    """Groups of words that patterns share: `{must}` in a pattern stands for one of them."""
    (text,) = (t for n, t in _files(CONTENT) if n.endswith("vocabulary.toml"))
    words = _parse(text, "vocabulary.toml")
    return MappingProxyType({name: "(?:" + "|".join(group) + ")" for name, group in words.items()})


def load_exercises(folder: Path) -> dict[str, Exercise]:
    """The exercise lines of a folder by id, each checked for what a learner will rely on."""
    found = _load_lists(Exercise, folder, "exercise")
    for one in found.values():
        for code in one.tactics:
            if code not in tactics():
                raise CourseError(f"exercise '{one.id}': no tactic has the code '{code}'")
        if len(one.hints) != 3:
            raise CourseError(f"exercise '{one.id}': 'hints' should be three, from nudge to model")
    return found


@cache
def exercises() -> Mapping[str, Exercise]:
    """All exercise lines by id."""
    return MappingProxyType(load_exercises(CONTENT / "exercises"))


def exercise(ident: str) -> Exercise:
    """The exercise line with this id, or a CourseError that names the nearest ones."""
    try:
        return exercises()[ident]
    except KeyError:
        from difflib import get_close_matches

        near = get_close_matches(ident, exercises(), 3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise CourseError(f"there is no exercise line '{ident}'{hint}") from None


def load_questions(folder: Path) -> dict[str, Question]:
    """The quiz questions of a folder by id, each checked to be answerable."""
    found = _load_lists(Question, folder, "question")
    for one in found.values():
        right = sum(option.right for option in one.options)
        wrong_with = None
        if one.kind not in ("one", "several", "mark", "rewrite"):
            wrong_with = f"'kind' is '{one.kind}'; known are one, several, mark, rewrite"
        elif one.kind == "one" and (right != 1 or len(one.options) < 3):
            wrong_with = "'one' wants three options or more, exactly one of them right"
        elif one.kind == "several" and not 0 < right < len(one.options):
            wrong_with = "'several' wants some options that are right and some that aren't"
        elif one.kind == "mark" and not re.search(r"\[\[.+?\]\]", one.line):
            wrong_with = "'mark' wants a 'line' with [[double brackets]] around what pushes"
        elif one.kind == "rewrite" and one.exercise not in exercises():
            wrong_with = f"'exercise' is '{one.exercise}', which is no exercise line"
        elif one.difficulty not in (1, 2, 3):
            wrong_with = "'difficulty' should be 1, 2 or 3"
        if wrong_with:
            raise CourseError(f"question '{one.id}': {wrong_with}")
    return found


@cache
def questions() -> Mapping[str, Question]:
    """All quiz questions by id."""
    return MappingProxyType(load_questions(CONTENT / "quizzes"))


@cache
def version() -> str:
    """A short name for the state of the content: it changes whenever a content file does."""
    from hashlib import sha256

    state = sha256()
    for path in sorted(CONTENT.rglob("*.toml")):
        state.update(path.read_bytes())
    return state.hexdigest()[:12]
