"""Marking in nbgrader's own pipeline: what a learner handed in is read, never run.

`nbgrader autograde`, the formgrader's button and nbgrader's Python API all come through here, by way of
nbgrader_config.py: `ReadByTheDoctor` reads each submission, `MarkRewrites` marks it, `SaveMarks` saves it.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from unpushy import course
from unpushy.assignments.doctor import Release, examine, release_at
from unpushy.assignments.gradebook import Paper, keep_engines, make_tables, save
from unpushy.assignments.late import late_rule, penalise
from unpushy.assignments.marking import (
    Listening,
    Said,
    essays_in,
    findings_in,
    make_inert,
    mark,
    write,
)
from unpushy.assignments.submissions import diagnose, digest, read_submission

AHEAD = 50  # submissions whose answers are heard together
_listening = Listening()


class ReadByTheDoctor(NotebookExporter):
    """Reads a submission through the doctor, so that what nbgrader goes on with is whole and safe."""

    parent: Any
    _seen: NotebookNode  # what came out of the first of nbgrader's two passes

    @cached_property
    def gradebook(self) -> Gradebook:
        """One way into the gradebook for all submissions of a run: opening it takes longer than saving."""
        keep_engines()
        coursedir = self.parent.coursedir
        gradebook = Gradebook(coursedir.db_url, coursedir.course_id)
        make_tables(gradebook)
        return gradebook

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> Any:
        """Read a submitted notebook, or in a second pass what was made of it."""
        if not self.parent._sanitizing:
            return self.from_notebook_node(self._seen, resources, **more)
        release = _release(self.parent.coursedir, resources)
        path = Path(filename)
        raw = read_submission(path)
        diagnosis = diagnose(raw, release)
        answers = list(diagnosis.answers.items())
        if _listening.new(answers):
            _listening.hear(answers + list(self._answers_ahead(path, release)))
        self._seen = diagnosis.notebook()
        self._seen.metadata["unpushy"]["file"] = digest(raw)
        return self.from_notebook_node(self._seen, resources, **more)

    def _answers_ahead(self, path: Path, release: Release) -> Iterator[Said]:
        """The answers of the next submissions: the ear hears many at once more quickly."""
        folders = iter(sorted(self.parent.assignments))
        for folder in folders:
            if Path(folder) == path.parent:
                break
        for folder in islice(folders, AHEAD - 1):
            try:
                yield from examine(
                    read_submission(Path(folder, path.name)), release
                ).answers.items()
            except OSError:
                continue  # its own turn will tell


class MarkRewrites(NbGraderPreprocessor):
    """Stands where nbgrader would execute the notebook: marks every answer by the `grade_id` of its cell.

    A grade cell `points-<id>` gets the points for the answer in the solution cell `<id>`; under that answer
    a picture of the feedback is put. Grade cells of any other name can't be marked and score nothing.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Mark a submitted notebook."""
        resources["marks"] = mark(nb, _listening)
        write(nb, resources["marks"])
        return nb, resources


class SaveMarks(NbGraderPreprocessor):
    """Saves the marks of a notebook in nbgrader's gradebook, all at once, and with them the late penalty."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Save the marks of a notebook."""
        about = resources["nbgrader"]
        gradebook = self.parent.gradebook
        release = _release(self.parent.parent.coursedir, resources)
        paper = Paper(
            about["assignment"],
            about["notebook"],
            about["student"],
            resources["marks"],
            essays_in(nb, release),
            tuple(findings_in(nb)),
            nb.metadata.get("unpushy", {}).get("file", ""),
            course.version(),
        )
        try:
            entry = save(gradebook, paper)
            penalise(gradebook, entry, late_rule(self))
            gradebook.db.commit()
        finally:
            gradebook.db.remove()
        make_inert(nb, release)
        return nb, resources


def _release(coursedir: Any, resources: dict[str, Any]) -> Release:
    about = resources["nbgrader"]
    folder = coursedir.format_path(coursedir.release_directory, ".", about["assignment"])
    return release_at(Path(folder, f"{about['notebook']}.ipynb"))
