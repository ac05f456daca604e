"""Patterns as the content files have them, made ready to be searched for, behind an index of words.

A pattern is a regular expression over the plain form of a line (see `text`). Word boundaries at
both ends are implied, a space stands for any white space, and `{name}` for a group of words of
`content/vocabulary.toml`. Three names are built in: `{start}` is the beginning of a sentence,
`{clause}` also that of a clause (after a comma, "and", "so", "please" ...), `{gap}` a few words of the same
sentence.
"""

import marshal
import math
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from unpushy import course

_AT_START = r"""^|(?<=\n)|(?<=[.!?:;"(\-] )"""
_AFTER_A_WORD = ["and", "so", "but", "then", "please", "just", "now", "simply", "or"]
_BUILT_IN = {
    "start": f"(?:{_AT_START})",
    "clause": f"(?:{_AT_START}|(?<=, )|" + "|".join(rf"(?<=\b{w} )" for w in _AFTER_A_WORD) + ")",
    "gap": r"[^.!?;\n]{0,40}?",
}
_NO_WORDS = {"start": "", "clause": "", "gap": ".*"}


def expand(pattern: str, built_in: dict[str, str] = _BUILT_IN) -> str:
    """A pattern with its {names} replaced by what they stand for."""

    def named(match: re.Match[str]) -> str:
        name = match[1]
        if name in built_in:
            return built_in[name]
        try:
            return course.vocabulary()[name]
        except KeyError:
            raise course.CourseError(
                f"pattern {pattern!r}: no vocabulary is called '{name}'"
            ) from None

    return re.sub(r"\{([a-z_]+)\}", named, pattern)


def searched_for(pattern: str) -> str:
    """The regular expression that is searched for."""
    # A space in a pattern, unless it is in a class, also stands for the end of a typed line.
    spaced = re.sub(r"\[[^\]]*\]| ", lambda m: "[ \n]" if m[0] == " " else m[0], expand(pattern))
    return rf"(?<!\w)(?:{spaced})(?!\w)"


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """A regular expression made ready, when it is first needed."""
    return re.compile(expression)


def _split(pattern: str, at: str, level: int = 0) -> list[str]:
    """`pattern` split at a character, only where it stands inside so many brackets."""
    parts, depth, last, escaped, in_class = [], 0, 0, False, False
    for place, char in enumerate(pattern):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == at and depth == level:
            depth -= char == ")"
            parts.append(pattern[last:place])
            last = place + 1
        elif char in "()":
            depth += 1 if char == "(" else -1
    return [*parts, pattern[last:]]


def _spellings(element: str, limit: int = 2000) -> list[str] | None:
    """Every text that an element without wildcards can match, or None."""
    spelt = [""]
    at = 0
    while at < len(element):
        char = element[at]
        if char == "(":
            stop = at + len(_split(element[at:], ")", level=1)[0]) + 1
            inside = element[at + 1 : stop - 1]
            if inside.startswith(("?=", "?!", "?<")):
                options: list[str] | None = [""]
            else:
                options = []
                for branch in _split(inside.removeprefix("?:"), "|"):
                    branch_spelt = _spellings(branch, limit)
                    if branch_spelt is None:
                        return None
                    options += branch_spelt
            at = stop
        elif element.startswith("\\b", at):
            options, at = [""], at + 2
        elif char.isalnum() or char in " '-,&":
            options, at = [char], at + 1
        else:
            return None
        following = element[at : at + 1]
        if following == "?":
            options, at = ["", *(options or ())], at + 1
        elif following and following in "*+{":
            return None
        spelt = [before + option for before in spelt for option in options or ()]
        if len(spelt) > limit:
            return None
    return spelt


# So common that they tell little about a line.
_COMMON = frozenset(
    """a about all am an and any are as at be been but by can do for from get go had has have he her how i if in
    into is it just know let like me more my no not now of on one or our out she so some that the them then there
    they this time to up us was we what when which who will with would you your""".split()
)
_MOST_NEEDS = 6
_PAIRS_ARE_RARER = 200


def needs(pattern: str) -> tuple[frozenset[str], ...]:
    """Groups of words of which every match of a pattern holds at least one each, the rarest group first.

    >>> needs("(?:sign|book) (?:it )?by friday")[0]
    frozenset({'friday'})
    """
    return tuple(sorted(_groups(expand(pattern, _NO_WORDS)), key=_cost))[:_MOST_NEEDS]


def _groups(pattern: str) -> set[frozenset[str]]:
    branches = _split(pattern, "|")
    if len(branches) > 1:
        found = [_groups(branch) for branch in branches]
        return {frozenset().union(*(min(one, key=_cost) for one in found))} if all(found) else set()
    groups = set()
    for part in _split(pattern.replace(r"\b", " "), " "):
        if words := _words(part):
            groups.add(words)
        else:
            for inside in _whole_words(part):
                groups |= _groups(inside)
    return groups


def _whole_words(part: str) -> Iterator[str]:
    """What stands in those groups of a part that every match goes through and that hold whole words.

    >>> list(_whole_words("(?:the )?(?:[a-z]+ )?(?:good reasons|proof)"))
    ['good reasons|proof']
    """
    before_ends_a_word = True
    while part:
        if not part.startswith("("):
            return
        stop = len(_split(part, ")", level=1)[0]) + 1
        inside, part = part[1 : stop - 1], part[stop:]
        repeat = re.match(r"[?*+]\??|\{[0-9,]+\}\??", part)
        part = part[repeat.end() :] if repeat else part
        if inside.startswith(("?=", "?!", "?<")):
            continue
        inside = inside.removeprefix("?:")
        if not repeat and before_ends_a_word and not part:
            yield inside
        before_ends_a_word &= all(branch.endswith(" ") for branch in _split(inside, "|"))


def _words(part: str) -> frozenset[str]:
    """A telling word of each spelling of a part of a pattern, or nothing if some have none."""
    words = set()
    for spelt in _spellings(part) or [""]:
        in_it = re.findall(r"[a-z0-9']+", spelt)
        if not in_it:
            return frozenset()
        words.add(max(in_it, key=lambda w: (w not in _COMMON, len(w))))
    return frozenset(words)


def _cost(group: frozenset[str]) -> tuple[float, list[str]]:
    """How likely a line holds a word of a group, or a pair of words that follow each other, roughly; then the words,
    for a steady order."""
    return sum(
        math.prod(8.0 if w in _COMMON else 1 / len(w) for w in one.split())
        / _PAIRS_ARE_RARER ** one.count(" ")
        for one in group
    ), sorted(group)


def opening(expression: str, many: int = 1) -> frozenset[str]:
    """The first word, or so many of the first words, that a match of a regular expression can begin with; none if
    they can't be listed.

    >>> sorted(opening("(?<!x )(?:so )?(?:sign|sign up|book(?:ing)?) now"))
    ['book', 'booking', 'sign', 'so']
    >>> sorted(opening("(?:so,? )?(?:sign|book)(?: it){0,2} now", 2))
    ['book it', 'book now', 'sign it', 'sign now', 'so book', 'so sign']
    """
    found: set[str] = set()
    waiting: list[tuple[tuple[str, ...], str, tuple[Any, ...]]]
    waiting = [((), "", tuple(_parser.parse(expression)))]
    steps = 0
    while waiting:
        words, word, rest = waiting.pop()
        steps += 1
        if steps > _MOST_STEPS or len(found) > _MOST_OPENINGS:
            return frozenset()
        if word and not rest:
            words, word = (*words, word), ""
        if len(words) == many:
            found.add(" ".join(words))
            continue
        if not rest:
            return frozenset()
        kind, value = rest[0]
        rest = rest[1:]
        name = str(kind)
        if name in ("ASSERT", "ASSERT_NOT", "AT"):
            waiting.append((words, word, rest))
        elif name == "SUBPATTERN":
            waiting.append((words, word, (*value[3], *rest)))
        elif name == "BRANCH":
            waiting.extend((words, word, (*branch, *rest)) for branch in value[1])
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inside = value
            if least == 0:
                waiting.append((words, word, rest))
            again = () if most == 1 else (("AGAIN", inside),)
            waiting.append((words, word, (*inside, *again, *rest)))
        elif name == "AGAIN":
            waiting.append((words, word, rest))
            if not word:  # another round can't end the word elsewhere
                waiting.append((words, word, (*value, (kind, value), *rest)))
        elif name in ("LITERAL", "IN") and (characters := _characters(name, value)):
            inside_a_word = [one for one in characters if one.isalnum() or one in "_'"]
            waiting.extend((words, word + one, rest) for one in inside_a_word)
            if len(inside_a_word) < len(characters):
                if not word and not words:
                    return frozenset()
                waiting.append(((*words, word) if word else words, "", rest))
        else:
            return frozenset()
    return frozenset(found)


_MOST_STEPS = 20_000
_MOST_OPENINGS = 200


def _characters(name: str, value: Any) -> str:
    """The characters that a part of a regular expression lists, or none if it does more than list them."""
    if name == "LITERAL":
        return chr(value)
    literal = [str(kind) == "LITERAL" for kind, _ in value]
    return "".join(chr(one) for _, one in value) if all(literal) else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one sign: what is searched for, the words without which it can't be found, and
    the words, by one or two, that it can begin with, where they can be listed."""

    code: str
    pushes: bool
    find: str
    unless: str
    weak: bool
    certain: bool
    needs: tuple[frozenset[str], ...]
    opening: frozenset[str]


def _rows() -> Iterator[tuple[object, ...]]:
    for signs, pushes in ((course.tactics(), True), (course.moves(), False)):
        for sign in signs.values():
            for pattern in sign.patterns:
                unless = pattern.unless and searched_for(pattern.unless)
                for branch in _split(pattern.find, "|"):
                    find = searched_for(branch)
                    try:
                        begins = opening(find, 2) or opening(find)
                    except re.error as error:
                        raise course.CourseError(
                            f"{sign.code}.toml: pattern {pattern.find!r}: {error}"
                        ) from None
                    needed = tuple(sorted({*needs(branch), begins} - {frozenset()}, key=_cost))
                    how = pattern.weak, pattern.certain
                    yield sign.code, pushes, find, unless, *how, needed, begins


def _state() -> str:
    """What the rules are made from, by name, size and time, as Python does it for its own modules."""
    made_from = [*sorted(course.CONTENT.glob("*.toml")), *sorted(course.CONTENT.glob("*/*.toml"))]
    stats = [(p.name, (s := p.stat()).st_size, s.st_mtime_ns) for p in (*made_from, Path(__file__))]
    return repr(stats)


def _all_rows() -> list[tuple[object, ...]]:
    """The rows of all rules; made once and kept beside the content, where that may be written to."""
    kept = course.CONTENT / "__pycache__" / f"rules.{sys.implementation.cache_tag}"
    state = _state()
    with suppress(OSError, ValueError, EOFError, TypeError):
        made_from, rows = marshal.loads(kept.read_bytes())
        if made_from == state:
            return rows
    rows = list(_rows())
    with suppress(OSError):
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
        fresh.write_bytes(marshal.dumps((state, rows)))
        fresh.replace(kept)
    return rows


@cache
def index() -> tuple[dict[str, list[Rule]], list[Rule]]:
    """Rules by a word that they need, and rules that need none."""
    by_word: dict[str, list[Rule]] = defaultdict(list)
    always = []
    for row in _all_rows():
        rule = Rule(*row)  # type: ignore[arg-type]
        for word in rule.needs[0] if rule.needs else ():
            by_word[word].append(rule)
        if not rule.needs:
            always.append(rule)
    return dict(by_word), always
