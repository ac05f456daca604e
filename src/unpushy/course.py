"""The course as data: TOML files in, frozen dataclasses out.

A file's presence registers what it describes; there is no list to update.
Whatever is wrong with a file is reported as `CourseError` with its name, its key and its line.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from itertools import pairwise
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
    Certain is a push that pushes whatever stands around it.
    """

    find: str
    unless: str = ""
    weak: bool = False
    certain: bool = False


@dataclass(frozen=True)
class Sign:
    """What tactics and moves have in common: something that can be heard in a line.

    Of several pushes the one of greatest `weight` is told first: what hurts, then what takes a decision away,
    then what is only of no use to the buyer.
    """

    code: str
    name: str
    hears: str
    why: str
    instead: str
    principle: int
    patterns: tuple[Pattern, ...]
    also_hears: tuple[str, ...] = ()
    weight: int = 0

    def heard(self, nth: int = 0) -> str:
        """What the buyer hears: in the words of `hears`, or for another `nth` in others that say the same."""
        told = (self.hears, *self.also_hears)
        return told[nth % len(told)]


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
    """A situation and a pushy line to rewrite.

    `pushes` are the words of the line that push, by the code of their tactic, the main one first. Where
    `ear_disagrees`, the ear names another tactic than the main one.
    """

    id: str
    lesson: int
    trade: str
    channel: str
    situation: str
    pushy: str
    pushes: Mapping[str, tuple[str, ...]]
    facts: tuple[str, ...]
    hints: tuple[str, ...]
    models: tuple[Model, ...]
    near_misses: tuple[NearMiss, ...]
    claims: tuple[str, ...] = ()
    assignment: bool = False
    ear_disagrees: bool = False

    @property
    def tactics(self) -> tuple[str, ...]:
        """Codes of the tactics in the pushy line, the main one first."""
        return tuple(self.pushes)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the pushy line that push."""
        return tuple(piece for pieces in self.pushes.values() for piece in pieces)


@dataclass(frozen=True)
class Option:
    """One answer to choose from, whether it is right, and why."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Pair:
    """A line, what it is to be matched with, and why the two belong together."""

    line: str
    match: str
    why: str


KINDS = ("one", "hears", "several", "match", "mark", "rewrite")


@dataclass(frozen=True)
class Question:
    """One question of a quiz, of a test, or of a lesson.

    `kind` is `one` (one choice), `hears` (one choice: what does this buyer hear?), `several` (several
    choices), `match` (lines and what they belong to), `mark` (mark the pushing words) or `rewrite`. A
    `mark` question has a `line` in which [[double brackets]] enclose what pushes. A `check` is asked
    in the lesson, never in the quiz; a `form` names the test that a question belongs to, `pre` or `post`.
    """

    id: str
    lesson: int
    kind: str
    prompt: str
    difficulty: int
    codes: tuple[str, ...]
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    line: str = ""
    why: str = ""
    exercise: str = ""
    claims: tuple[str, ...] = ()
    check: bool = False
    form: str = ""

    @property
    def matches(self) -> tuple[str, ...]:
        """What the lines of a `match` question are matched with, in an order that gives nothing away."""
        return tuple(sorted(pair.match for pair in self.pairs))


@dataclass(frozen=True)
class Claim:
    """Something the course teaches, in our words; `article` is where it comes from, `lesson` its home."""

    id: str
    lesson: int
    article: str
    says: str


def _line_of(text: str, key: str, nth: int = 0) -> int:
    """The line (from 1) on which `key` is set for the nth time, or 1."""
    found = [m.start() for m in re.finditer(rf"(?m)^\s*\[*{re.escape(key)}\]*\s*(=|$)", text)]
    return text.count("\n", 0, found[min(nth, len(found) - 1)]) + 1 if found else 1


def _fit(kind: Any, value: Any, name: str, text: str, key: str, nth: int = 0) -> Any:
    """`value` as a `kind`, or a CourseError that names the place."""

    def wrong(with_it: str) -> CourseError:
        return CourseError(f"{name}, line {_line_of(text, key, nth)}: '{key}' {with_it}")

    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise wrong(f"should be a list, not {value!r}")
        inner = get_args(kind)[0]
        return tuple(_fit(inner, one, name, text, key, i) for i, one in enumerate(value))
    if get_origin(kind) is Mapping:
        if not isinstance(value, dict):
            raise wrong(f"should be a table, not {value!r}")
        inner = get_args(kind)[1]
        return MappingProxyType(
            {one: _fit(inner, given, name, text, f"{key}.{one}") for one, given in value.items()}
        )
    if kind in (str, int, bool):
        if type(value) is not kind:
            words = {str: "text in quotes", int: "a whole number", bool: "true or false"}
            raise wrong(f"should be {words[kind]}, not {value!r}")
        if kind is str and key != "line" and not value.strip():
            raise wrong("is empty")
        return value.strip() if kind is str and "\n" in value else value
    if kind is datetime or kind == datetime | None:
        if not isinstance(value, datetime):
            raise wrong(f"should be a day and a time, such as 2026-03-02T18:00:00, not {value!r}")
        return value
    if kind is Pattern and isinstance(value, str):
        return Pattern(value)
    if not isinstance(value, dict):
        raise wrong(f"should be a table, not {value!r}")
    return build(kind, value, name, text, key, nth)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def build(
    cls: type[T], table: Mapping[str, Any], name: str, text: str, under: str = "", nth: int = 0
) -> T:
    """A `cls` from a parsed table; every key of the table has to be one of its fields."""
    hints = _hints(cls)  # type: ignore[arg-type]
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


def parse(text: str, name: str) -> dict[str, Any]:
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
        table = parse(text.split(EXAMPLES)[0], name)
        sign = build(cls, table, name, text)
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
        table = parse(text, name)
        if "examples" not in table:
            raise CourseError(f"{name}, line 1: 'examples' is missing")
        found[Path(name).stem] = build(Examples, table["examples"], name, text, "examples")
    return found


def _load_lists(
    cls: type[T], folder: Path, key: str, wrong_with: Callable[[T], str | None]
) -> dict[str, T]:
    """The [[key]] tables of all files in a folder, by id; an id may stand only once, and nothing be wrong with it."""
    found: dict[str, T] = {}
    for name, text in _files(folder):
        table = parse(text, name)
        for other in table.keys() - {key, "lesson"}:
            raise CourseError(
                f"{name}, line {_line_of(text, other)}: '{other}' is not known here; "
                f"known are lesson, {key}"
            )
        shared = {"lesson": table["lesson"]} if "lesson" in table else {}
        if not isinstance(shared.get("lesson", 0), int):
            raise CourseError(
                f"{name}, line {_line_of(text, 'lesson')}: 'lesson' should be a number"
            )
        for nth, one in enumerate(table.get(key, ())):
            # Blank lines up to this table, so that a key is looked for in it alone.
            start = _line_of(text, key, nth) - 1
            own = "\n" * start + "\n".join(text.split("\n")[start:])
            built = build(cls, shared | one, name, own, key)
            ident, place = built.id, f"{name}, line {_line_of(own, 'id')}"  # type: ignore[attr-defined]
            if ident in found:
                raise CourseError(f"{place}: id '{ident}' stands twice")
            if wrong := wrong_with(built):
                raise CourseError(f"{place}: {key} '{ident}': {wrong}")
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
    words = parse(text, "vocabulary.toml")
    return MappingProxyType({name: "(?:" + "|".join(group) + ")" for name, group in words.items()})


def load_exercises(folder: Path) -> dict[str, Exercise]:
    """The exercise lines of a folder by id, each checked for what a learner will rely on."""
    return _load_lists(Exercise, folder, "exercise", _wrong_with_exercise)


def _wrong_with_exercise(one: Exercise) -> str | None:
    for code, pieces in one.pushes.items():
        if code not in tactics():
            return f"no tactic has the code '{code}'"
        if not pieces:
            return f"'pushes.{code}' is empty; which words of the line push by it?"
        for piece in pieces:
            if piece not in one.pushy:
                return f"“{piece}” of 'pushes.{code}' doesn't stand like that in 'pushy'"
    if not one.pushes:
        return "'pushes' is empty; which words of the line push, and by which tactic?"
    in_order = sorted(one.words, key=one.pushy.index)
    for piece, following in pairwise(in_order):
        if one.pushy.index(piece) + len(piece) > one.pushy.index(following):
            return f"“{piece}” and “{following}” of 'pushes' overlap"
    if len(one.hints) != 3:
        return "'hints' should be three, from nudge to model"
    return _no_such_claim(one.claims)


def _no_such_claim(named: tuple[str, ...]) -> str | None:
    unknown = [claim for claim in named if claim not in claims()]
    return f"no claim has the id '{unknown[0]}'" if unknown else None


@cache
def exercises() -> Mapping[str, Exercise]:
    """All exercise lines by id."""
    return MappingProxyType(load_exercises(CONTENT / "exercises"))


def _named(found: Mapping[str, T], ident: str, what: str) -> T:
    try:
        return found[ident]
    except KeyError:
        from difflib import get_close_matches

        near = get_close_matches(ident, found, 3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise CourseError(f"there is no {what} '{ident}'{hint}") from None


def exercise(ident: str) -> Exercise:
    """The exercise line with this id, or a CourseError that names the nearest ones."""
    return _named(exercises(), ident, "exercise line")


def question(ident: str) -> Question:
    """The question with this id, or a CourseError that names the nearest ones."""
    return _named(questions(), ident, "question")


def load_questions(folder: Path) -> dict[str, Question]:
    """The quiz questions of a folder by id, each checked to be answerable."""
    return _load_lists(Question, folder, "question", _wrong_with_question)


def _wrong_with_question(one: Question) -> str | None:
    right = sum(option.right for option in one.options)
    wrong_with = None
    if one.kind not in KINDS:
        wrong_with = f"'kind' is '{one.kind}'; known are {', '.join(KINDS)}"
    elif one.kind in ("one", "hears") and (right != 1 or len(one.options) < 3):
        wrong_with = f"'{one.kind}' wants three options or more, exactly one of them right"
    elif one.kind == "match" and (len(one.pairs) < 2 or len(set(one.matches)) < len(one.pairs)):
        wrong_with = "'match' wants two pairs or more, each with a match of its own"
    elif one.kind == "several" and not 0 < right < len(one.options):
        wrong_with = "'several' wants some options that are right and some that aren't"
    elif one.kind == "mark" and not re.search(r"\[\[.+?\]\]", one.line):
        wrong_with = "'mark' wants a 'line' with [[double brackets]] around what pushes"
    elif one.kind == "rewrite" and one.exercise not in exercises():
        wrong_with = f"'exercise' is '{one.exercise}', which is no exercise line"
    elif one.difficulty not in (1, 2, 3):
        wrong_with = "'difficulty' should be 1, 2 or 3"
    elif one.form not in ("", "pre", "post"):
        wrong_with = f"'form' is '{one.form}'; known are pre, post"
    for code in one.codes:
        if code not in tactics() and code not in moves():
            wrong_with = f"no tactic or move has the code '{code}'"
    return wrong_with or _no_such_claim(one.claims)


@cache
def questions() -> Mapping[str, Question]:
    """All questions by id: of the quizzes, of the two tests, and of the lessons."""
    return MappingProxyType(load_questions(CONTENT / "quizzes"))


@cache
def claims() -> Mapping[str, Claim]:
    """What the course teaches, by id."""
    (text,) = (t for n, t in _files(CONTENT) if n.endswith("claims.toml"))
    tables = parse(text, "claims.toml").get("claim", ())
    found = [build(Claim, one, "claims.toml", text, "claim", nth) for nth, one in enumerate(tables)]
    return MappingProxyType({claim.id: claim for claim in found})


@cache
def version() -> str:
    """A short name for the state of the content: it changes whenever a content file does."""
    from hashlib import sha256

    state = sha256()
    for path in sorted(CONTENT.rglob("*.toml")):
        state.update(path.read_bytes())
    return state.hexdigest()[:12]
