"""The notebook doctor, on a corpus of notebooks broken in the ways in which learners' notebooks break."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from classroom import unpushy
from conftest import ROOT

from unpushy.assignments.doctor import ASK, MENDED, ODD, Diagnosis, examine, release_at

NAME = "01-bought-not-sold"
RELEASE = release_at(ROOT / "exercises" / NAME / f"{NAME}.ipynb")
ANSWERS = {
    "01-tuner": "A tuning is €95. Would you like me to hear it first?",
    "01-climber": "There is a monthly pass at 49.\nHow often do you think you'd come?",
    "01-nursery": "Dear Ms Adeyemi, how does the offer sit with you?",
    "01-tiers": "The small one is 65. What would your mum like?",
    "01-cookbook": "A new spine is 70. What would you miss most?",
}
Notebook = dict[str, Any]
Break = Callable[[Notebook], Any]


def filled() -> Notebook:
    """The notebook with all five answers in it, as JSON has it."""
    notebook: Notebook = json.loads(nbformat.writes(RELEASE.notebook))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["id"] in ANSWERS:
            cell["source"] = f"%%rewrite {cell['id']}\n{ANSWERS[cell['id']]}"
    return notebook


def at(notebook: Notebook, ident: str) -> int:
    return next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == ident)


def cell(notebook: Notebook, ident: str) -> dict[str, Any]:
    found: dict[str, Any] = notebook["cells"][at(notebook, ident)]
    return found


def new(source: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    made = {"cell_type": kind, "id": uuid.uuid4().hex[:8], "metadata": {}, "source": source} | more
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def examined(broken: Break) -> Diagnosis:
    notebook = filled()
    made = broken(notebook)
    raw = made if isinstance(made, bytes) else json.dumps(notebook, indent=1).encode()
    return examine(raw, RELEASE)


# What breaks, and is certain


def no_metadata(nb: Notebook) -> None:
    for one in nb["cells"]:
        one["metadata"] = {}


def no_ids_either(nb: Notebook) -> None:
    no_metadata(nb)
    for one in nb["cells"]:
        one["id"] = uuid.uuid4().hex[:8]


def renamed(nb: Notebook) -> None:
    cell(nb, "01-tuner")["metadata"]["nbgrader"]["grade_id"] = "my-cell"


def other_id_on_the_magic_line(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    one["source"] = one["source"].replace("01-tuner", "01-nursery", 1)


def slip_in_the_id_and_no_metadata(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    one |= {"metadata": {}, "id": "x", "source": one["source"].replace("01-tuner", "01-tunr")}


def comment_above(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    one["source"] = "# my answer\n#second try\n" + one["source"]


def answer_above(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = f"{ANSWERS['01-tuner']}\n%%rewrite 01-tuner\n"


def answer_on_the_magic_line(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = (
        f"%%rewrite 01-tuner {ANSWERS['01-tuner']}\n(Your line goes here.)"
    )


def magic_line_gone(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = ANSWERS["01-tuner"]


def turned_into_markdown(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    one["cell_type"] = "markdown"
    del one["outputs"], one["execution_count"]


def turned_into_raw(nb: Notebook) -> None:
    cell(nb, "01-tuner")["cell_type"] = "raw"


def same_twice(nb: Notebook) -> None:
    nb["cells"].insert(at(nb, "01-tuner"), dict(cell(nb, "01-tuner")))


def twice_and_one_untouched(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    nb["cells"].append(one | {"source": "%%rewrite 01-tuner\n(Your line goes here.)"})


def answered_in_a_copy(nb: Notebook) -> None:
    source = cell(nb, "01-tuner")["source"]
    cell(nb, "01-tuner")["source"] = "%%rewrite 01-tuner\n(Your line goes here.)"
    nb["cells"].append(new(source))


def split_with_its_settings(nb: Notebook) -> None:
    one = cell(nb, "01-climber")
    first, second = one["source"].rsplit("\n", 1)
    nb["cells"].insert(at(nb, "01-climber") + 1, one | {"id": "half", "source": second})
    one["source"] = first


def merged_with_its_points(nb: Notebook) -> None:
    points = nb["cells"].pop(at(nb, "points-01-tuner"))
    cell(nb, "01-tuner")["source"] += "\n\n" + points["source"]


def merged_into_its_points(nb: Notebook) -> None:
    answer = nb["cells"].pop(at(nb, "01-tuner"))
    one = cell(nb, "points-01-tuner")
    one["source"] = answer["source"] + "\n\n" + one["source"]


def merged_with_the_next_answer(nb: Notebook) -> None:
    following = nb["cells"].pop(at(nb, "01-climber"))
    nb["cells"].pop(at(nb, "points-01-tuner"))
    nb["cells"].pop(at(nb, "about-climber"))
    cell(nb, "01-tuner")["source"] += "\n\n" + following["source"]


def merged_with_its_question(nb: Notebook) -> None:
    about = nb["cells"].pop(at(nb, "about-tuner"))
    one = cell(nb, "01-tuner")
    one["source"] = about["source"] + "\n\n" + one["source"]


def typed_below(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = "%%rewrite 01-tuner\n(Your line goes here.)"
    nb["cells"].insert(at(nb, "01-tuner") + 1, new(ANSWERS["01-tuner"]))


def typed_below_the_points(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = "%%rewrite 01-tuner\n"
    nb["cells"].insert(at(nb, "points-01-tuner") + 1, new(ANSWERS["01-tuner"], "markdown"))


def typed_over_the_points(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = "%%rewrite 01-tuner\n(Your line goes here.)"
    cell(nb, "points-01-tuner")["source"] = ANSWERS["01-tuner"]


def conflict_in_a_cell(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    one["source"] = (
        "%%rewrite 01-tuner\n<<<<<<< local\n(Your line goes here.)\n=======\n"
        f"{ANSWERS['01-tuner']}\n>>>>>>> remote\n"
    )


def conflict_in_the_file(nb: Notebook) -> bytes:
    text = json.dumps(nb, indent=1)
    line = re.search(r'^.*"execution_count": null.*\n', text, re.M)
    assert line
    other = line[0].replace("null", "7")
    marks = f"<<<<<<< HEAD\n{line[0]}=======\n{other}>>>>>>> theirs\n"
    return text.replace(line[0], marks, 1).encode()


def older_release(nb: Notebook) -> None:
    one = cell(nb, "points-01-tuner")
    one["source"] = 'score("01-tuner", points=1)'
    one["metadata"]["nbgrader"] |= {"checksum": "0" * 32, "points": 1}


def damaged_between_cells(nb: Notebook) -> bytes:
    return (
        json.dumps(nb, indent=1).replace('  {\n   "cell_type"', '  ,{\n   "cell_type"', 2).encode()
    )


def with_a_mark_at_the_start(nb: Notebook) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(nb).encode()


def as_utf_16(nb: Notebook) -> bytes:
    return json.dumps(nb, ensure_ascii=False).encode("utf-16")


def by_colab(nb: Notebook) -> None:
    nb["nbformat_minor"] = 0
    nb["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    for one in nb["cells"]:
        del one["id"]
        one["metadata"] = {"id": uuid.uuid4().hex[:12], "outputId": "x"}
        one["source"] = one["source"].splitlines(keepends=True)


def by_vs_code(nb: Notebook) -> None:
    nb["metadata"]["language_info"] = {"name": "python"}
    for one in nb["cells"]:
        one["id"] = uuid.uuid4().hex[:8]
        one["metadata"]["vscode"] = {"languageId": "plaintext"}
        one["source"] = one["source"].replace("\n", "\r\n").splitlines(keepends=True)


def as_version_3(nb: Notebook) -> bytes:
    old = nbformat.convert(nbformat.from_dict(nb), 3)
    return json.dumps(old).encode()


CERTAIN: dict[Break, str] = {
    no_metadata: "lost its settings",
    no_ids_either: "stood in another cell",
    renamed: "lost its settings",
    other_id_on_the_magic_line: "first line said",
    slip_in_the_id_and_no_metadata: "first line said",
    comment_above: "above its first line",
    answer_above: "above its first line",
    answer_on_the_magic_line: "on the first line",
    magic_line_gone: "was gone",
    turned_into_markdown: "markdown cell",
    turned_into_raw: "raw cell",
    same_twice: "more than once",
    twice_and_one_untouched: "more than once",
    answered_in_a_copy: "another cell",
    split_with_its_settings: "halves",
    merged_with_its_points: "merged",
    merged_into_its_points: "merged",
    merged_with_the_next_answer: "merged",
    merged_with_its_question: "above its first line",
    typed_below: "below its cell",
    typed_below_the_points: "below its cell",
    typed_over_the_points: "over the cell",
    conflict_in_a_cell: "Merge-conflict",
    conflict_in_the_file: "Merge-conflict",
    older_release: "older release",
    damaged_between_cells: "damaged",
    as_utf_16: "UTF-16",
    by_colab: "stood in another cell",
}


@pytest.mark.parametrize("broken", CERTAIN, ids=lambda broken: broken.__name__)
def test_what_is_certain_is_mended_and_told(broken: Break) -> None:
    found = examined(broken)
    assert dict(found.answers) == ANSWERS
    assert any(CERTAIN[broken] in one.words for one in found.findings if one.kind == MENDED)
    assert not [one for one in found.findings if one.kind == ASK]


@pytest.mark.parametrize("broken", CERTAIN, ids=lambda broken: broken.__name__)
def test_what_was_mended_is_whole_to_the_doctor_and_to_jupyter(broken: Break) -> None:
    mended = examined(broken).notebook()
    nbformat.validate(mended)
    again = examine(nbformat.writes(mended).encode(), RELEASE)
    assert dict(again.answers) == ANSWERS
    assert again.whole


def test_a_whole_notebook_needs_nothing() -> None:
    found = examined(lambda nb: None)
    assert dict(found.answers) == ANSWERS
    assert found.findings == ()
    assert found.whole


@pytest.mark.parametrize("kept", [by_vs_code, with_a_mark_at_the_start])
def test_what_other_programs_save_is_read_as_it_is(kept: Break) -> None:
    found = examined(kept)
    assert dict(found.answers) == ANSWERS
    assert found.whole


def test_a_notebook_of_version_3_is_read() -> None:
    found = examined(as_version_3)
    assert dict(found.answers) == ANSWERS
    assert not [one for one in found.findings if one.kind == ASK]


def test_an_untouched_notebook_has_no_answers_and_needs_nothing() -> None:
    found = examine(nbformat.writes(RELEASE.notebook).encode(), RELEASE)
    assert dict(found.answers) == {}
    assert found.findings == ()


# What isn't certain


def two_different_answers(nb: Notebook) -> None:
    one = cell(nb, "01-tuner")
    nb["cells"].insert(
        at(nb, "01-tuner"), one | {"id": "two", "source": "%%rewrite 01-tuner\nAnother."}
    )


def text_above_and_below(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = f"Another.\n%%rewrite 01-tuner\n{ANSWERS['01-tuner']}"


def more_below(nb: Notebook) -> None:
    nb["cells"].insert(at(nb, "01-tuner") + 1, new("Another."))


def conflict_of_two_answers(nb: Notebook) -> None:
    cell(nb, "01-tuner")["source"] = (
        f"%%rewrite 01-tuner\n<<<<<<< local\n{ANSWERS['01-tuner']}\n=======\nAnother.\n>>>>>>> remote"
    )


def conflict_of_two_answers_in_the_file(nb: Notebook) -> bytes:
    text = json.dumps(nb, indent=1, ensure_ascii=False)
    line = re.search(r'^.*"source": "%%rewrite 01-tuner.*\n', text, re.M)
    assert line
    other = line[0].replace(ANSWERS["01-tuner"], "Another.")
    marks = f"<<<<<<< HEAD\n{line[0]}=======\n{other}>>>>>>> theirs\n"
    return text.replace(line[0], marks).encode()


@pytest.mark.parametrize(
    "broken",
    [
        two_different_answers,
        text_above_and_below,
        more_below,
        conflict_of_two_answers,
        conflict_of_two_answers_in_the_file,
    ],
)
def test_what_is_not_certain_is_left_to_a_person_who_sees_both(broken: Break) -> None:
    found = examined(broken)
    assert dict(found.answers) == ANSWERS
    (asked,) = [one for one in found.findings if one.kind == ASK]
    assert asked.cell == "01-tuner"
    assert "Another." in asked.words


def test_a_deleted_cell_is_told_and_counts_as_not_attempted() -> None:
    found = examined(lambda nb: nb["cells"].pop(at(nb, "01-tuner")) and None)
    assert dict(found.answers) == {k: v for k, v in ANSWERS.items() if k != "01-tuner"}
    assert ("01-tuner", "Its cell is missing.") in [(one.cell, one.words) for one in found.findings]


def test_of_a_file_that_breaks_off_the_whole_cells_are_read_and_a_person_is_asked_for_the_rest() -> (
    None
):
    text = json.dumps(filled(), indent=1)
    broken = text[: text.index('"id": "01-nursery"') + 200]
    found = examine(broken.encode(), RELEASE)
    assert dict(found.answers) == {k: ANSWERS[k] for k in ("01-tuner", "01-climber")}
    asked = {one.cell for one in found.findings if one.kind == ASK}
    assert asked == {"01-nursery", "01-tiers", "01-cookbook"}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"hello", "isn't JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b"3", "no notebook"),
        (b'{"cells": 3}', "no notebook"),
        (b"PK\x03\x04....", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b" " * 20_000_001, "larger"),
    ],
)
def test_a_file_that_is_no_notebook_is_told_and_left_to_a_person(raw: bytes, told: str) -> None:
    found = examine(raw, RELEASE)
    (asked,) = found.findings
    assert asked.kind == ASK
    assert told in asked.words
    assert found.notebook().cells == RELEASE.notebook.cells


@pytest.mark.parametrize(
    "strange",
    [
        {"cells": [None, 3, [], {}, {"cell_type": 5, "source": 7, "metadata": [], "id": {}}]},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": 1}, "source": [1, None, "a"]}]},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["01-tuner"]}}}]},
        {"worksheets": [1, {"cells": None}, {"cells": [{"input": "%%rewrite 01-tuner\nHi you."}]}]},
    ],
)
def test_strange_shapes_bring_nothing_down(strange: Notebook) -> None:
    nbformat.validate(examine(json.dumps(strange).encode(), RELEASE).notebook())


def test_nothing_but_words_comes_through() -> None:
    def stuffed(nb: Notebook) -> None:
        one = cell(nb, "01-tuner")
        one["outputs"] = [
            {"output_type": "display_data", "data": {"text/html": "<script>a()"}, "metadata": {}}
        ]
        one["attachments"] = {"x.png": {"image/png": "AAAA"}}
        one["metadata"]["tags"] = ["remove-input"]
        nb["cells"].append(new("<script>b()</script>", "markdown"))
        nb["cells"].append(
            new("<script>c()</script>", "raw", metadata={"raw_mimetype": "text/html"})
        )
        cell(nb, "about-tuner")["source"] += "<img src=x onerror=d()>"
        nb["metadata"]["widgets"] = {"x": "<script>e()</script>"}

    found = examined(stuffed)
    made = nbformat.writes(found.notebook())
    assert "<script" not in made
    assert "<img" not in made
    assert "attachments" not in made
    assert "remove-input" not in made
    assert dict(found.answers) == ANSWERS
    assert any(one.kind == ODD and "attachment" in one.words for one in found.findings)


def test_a_changed_points_cell_is_put_back_and_told() -> None:
    def changed(nb: Notebook) -> None:
        cell(nb, "points-01-tuner")["source"] = "2.0"

    found = examined(changed)
    assert any(one.kind == ODD and "points-01-tuner" in one.words for one in found.findings)
    sources = {one.id: one.source for one in found.notebook().cells}
    assert sources["points-01-tuner"] == 'score("01-tuner", points=2)'


def test_half_a_surrogate_pair_and_control_characters_do_not_reach_the_notebook() -> None:
    raw = json.dumps(filled()).replace("Would you like me", r"Would\u0000 you \ud83d like me")
    found = examine(raw.encode(), RELEASE)
    assert found.answers["01-tuner"].startswith("A tuning is €95. Would you \ufffd like me")
    nbformat.writes(found.notebook()).encode("utf-8")


def test_every_assignment_of_the_course_is_whole_as_it_is_released() -> None:
    paths = sorted((ROOT / "exercises").glob("*/*.ipynb"))
    assert paths
    for path in paths:
        release = release_at(path)
        assert examine(Path(path).read_bytes(), release).findings == ()
        assert release.points.keys() == release.answers.keys()


def test_the_command_says_what_it_finds_and_mends_into_another_folder(tmp_path: Path) -> None:
    whole, lost = tmp_path / f"{NAME}.ipynb", tmp_path / f"{NAME} (1).ipynb"
    torn, other = tmp_path / "torn.ipynb", tmp_path / "other.ipynb"
    notebook = filled()
    whole.write_text(json.dumps(notebook), "utf-8")
    torn.write_text(json.dumps(notebook, indent=1)[:4_000], "utf-8")
    no_ids_either(notebook)
    lost.write_text(json.dumps(notebook), "utf-8")
    other.write_text('{"cells": []}')
    before = lost.read_bytes()
    said = unpushy(tmp_path, "doctor", str(whole), str(lost), "--mend", "mended")
    assert "5 of 5 answered" in said
    assert "mended 01-tuner: The answer stood in another cell." in said
    assert lost.read_bytes() == before
    mended = (tmp_path / "mended" / lost.name).read_bytes()
    assert examine(mended, RELEASE).whole
    said = unpushy(tmp_path, "doctor", str(torn), str(other), "nowhere.ipynb", fails=True)
    assert "ask    01-cookbook: Nothing of it was found" in said
    assert "other.ipynb: it answers none" in said
    assert "nowhere.ipynb: there is no such file" in said
