"""The command line, as people and programs use it."""

import json
import subprocess
import sys

from unpushy.ear import hear


def unpushy(*arguments: str, given: str | bytes = "") -> subprocess.CompletedProcess[str]:
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        [sys.executable, "-m", "unpushy", *arguments], input=data, capture_output=True
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def test_hear_prints_a_reading_for_people() -> None:
    done = unpushy("hear", "You need to sign today.")
    assert done.returncode == 0
    assert "It pushes." in done.stdout
    assert "“You need to" in done.stdout
    assert "the buyer hears" in done.stdout


def test_hear_reads_a_line_from_stdin() -> None:
    assert "It pushes." in unpushy("hear", given="You need to sign today.\n").stdout


def test_hear_without_a_line_says_what_to_do() -> None:
    done = unpushy("hear", given="")
    assert done.returncode == 2
    assert "no line to hear" in done.stderr


def test_hear_jsonl_answers_in_order_with_all_keys() -> None:
    lines = [
        "You must buy.",
        "We open at nine.",
        "What would you like to know?",
        "",
        "😀 you must buy",
    ]
    given = "\n".join(json.dumps({"line": line}) for line in lines)
    found = [json.loads(row) for row in unpushy("hear", "--jsonl", given=given).stdout.splitlines()]
    assert [one["grade"] for one in found] == [0, 1, 2, 1, 0]
    for line, one in zip(lines, found, strict=True):
        assert one.keys() >= {"grade", "push", "pull", "catches", "confidence"}
        assert 0 <= one["confidence"] <= 1
        for catch in one["catches"]:
            assert catch.keys() >= {"code", "start", "end", "words"}
            assert line[catch["start"] : catch["end"]] == catch["words"]


def test_judge_jsonl_grades_rewrites() -> None:
    prompt = {
        "situation": "A shop; a customer looks at a lamp for 40.",
        "pushy": "You need this lamp.",
    }
    rewrites = [
        "You need this lamp!",
        "It's 40. What would you like to know about it?",
        "The lamp is 40.",
    ]
    given = "\n".join(json.dumps({**prompt, "rewrite": rewrite}) for rewrite in rewrites)
    found = [
        json.loads(row) for row in unpushy("judge", "--jsonl", given=given).stdout.splitlines()
    ]
    assert [one["grade"] for one in found] == [0, 2, 1]
    assert found[0]["kind"] == "copy"


def test_a_bad_row_is_named_by_its_line() -> None:
    good = json.dumps({"line": "a"})
    for bad, told in [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"line": 3}', "'line' is missing"),
    ]:
        done = unpushy("hear", "--jsonl", given=f"{good}\n{bad}\n")
        assert done.returncode == 2
        assert "line 2" in done.stderr
        assert told in done.stderr


def test_bytes_that_are_no_text_do_not_bring_it_down() -> None:
    assert unpushy("hear", given=b"\xff\xfe you must buy \x00").returncode == 0


def test_half_a_surrogate_pair_passes_through() -> None:
    done = unpushy("hear", "--jsonl", given='{"line": "you must buy \\ud83d"}')
    assert done.returncode == 0
    assert json.loads(done.stdout)["grade"] == hear("you must buy").grade


def test_help_names_every_command() -> None:
    shown = unpushy("--help").stdout
    for command in ("hear", "judge", "course", "exercises", "lessons"):
        assert command in shown
