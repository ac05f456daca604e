"""Questions for Moodle, in its GIFT format: one choice, several choices, and matching.

Marking words in a line and rewriting have no counterpart there and are left out, and named. The library that
writes the format, gift-wrapper, knows no matching and brings an SSH client along, so the few lines are here;
pygiftparser, which reads it, finds in these files what was meant.
"""

from collections.abc import Iterable

from unpushy.course import Question


def escaped(text: str) -> str:
    """Text in which nothing is a sign of the format.

    >>> escaped("It's 40 = {cheap}: yes~")
    "It's 40 \\\\= \\\\{cheap\\\\}\\\\: yes\\\\~"
    """
    text = text.replace("\\", "\\\\")
    for sign in "~=#{}:":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _choices(question: Question) -> list[str]:
    """Right ones less wrong ones over all right ones, as here; Moodle stops at nothing as well."""
    share = f"{100 / sum(option.right for option in question.options):.5f}".rstrip("0").rstrip(".")
    lines = []
    for option in question.options:
        if question.kind == "several":
            sign = f"~%{'' if option.right else '-'}{share}%"
        else:
            sign = "=" if option.right else "~"
        lines.append(f"\t{sign}{escaped(option.text)}#{escaped(option.why)}")
    return lines


def _lines(question: Question) -> str:
    return " ".join(f"{pair.line} {pair.match}" for pair in question.pairs)


def as_gift(questions: Iterable[Question], category: str) -> str:
    """A GIFT file; what doesn't map is named in a comment at its end."""
    parts = [f"$CATEGORY: $course$/{category}"]
    left_out = []
    for question in questions:
        if question.kind in ("one", "hears", "several"):
            lines = _choices(question)
        elif question.kind == "match" and len(question.pairs) > 2 and "->" not in _lines(question):
            lines = [f"\t={escaped(p.line)} -> {escaped(p.match)}" for p in question.pairs]
        else:
            left_out.append(question.id)
            continue
        prompt = f"::{escaped(question.id)}::[plain]{escaped(question.prompt)}"
        parts.append("\n".join([f"{prompt} {{", *lines, "}"]))
    if left_out:
        parts.append(f"// Not in this file, for Moodle has no such kind: {', '.join(left_out)}")
    return "\n\n".join(parts) + "\n"
