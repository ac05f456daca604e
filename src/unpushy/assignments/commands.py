"""What a teacher types: `unpushy teach`, `doctor`, `grade`, `look`, `extend`, `hand-out`, `hand-back`."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from unpushy.assignments.grading import Classroom

Assignment = Annotated[
    str, typer.Argument(help="The assignment, for example 01-bought-not-sold.", show_default=False)
]
Room = Annotated[Path, typer.Option("--class", help="Your class's folder.")]
HERE = Path()


def add(app: typer.Typer) -> None:
    """Make the teacher's commands known."""
    for command in (teach, doctor, grade, look, extend, hand_out, hand_back):
        app.command(command.__name__.replace("_", "-"), rich_help_panel="For teachers")(command)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _classroom(room: Path) -> "Classroom":
    """The class's folder as grading sees it, or an end with what is wrong about it."""
    from unpushy.assignments.grading import GradingError, classroom

    try:
        return classroom(room)
    except GradingError as error:
        _fail(str(error))


def teach(
    folder: Annotated[
        Path, typer.Argument(help="A folder that isn't there yet.", show_default=False)
    ],
    timezone: Annotated[
        str, typer.Option(help="Where your learners are, for example Europe/Berlin.")
    ] = "UTC",
    exchange: Annotated[
        str, typer.Option(help="A folder that all learners can reach, if you have one.")
    ] = "",
) -> None:
    """Make a folder to teach a class from: the assignments, nbgrader's settings, a gradebook."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from unpushy.assignments.grading import classroom
    from unpushy.server.places import course_folder

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        _fail(
            f"There is no time zone '{timezone}'. Try one like Europe/Berlin or America/New_York."
        )
    if folder.exists():
        _fail(f"{folder} is there already. Name a folder that isn't.")
    course = course_folder()
    folder.mkdir(parents=True)
    shutil.copytree(course / "solutions", folder / "solutions")
    settings = (course / "nbgrader_config.py").read_text("utf-8")
    settings = settings.replace('timezone = "UTC"', f'timezone = "{timezone}"')
    if exchange:
        settings += f"c.Exchange.root = {str(Path(exchange).resolve())!r}\n"
    (folder / "nbgrader_config.py").write_text(settings, "utf-8")
    learners = folder / "for-learners"
    learners.mkdir()
    (learners / "nbgrader_config.py").write_text(_for_learners(settings), "utf-8")
    with classroom(folder).gradebook():
        pass
    typer.echo(f"Your class is in {folder}. Go there: cd {folder}")


def _for_learners(settings: str) -> str:
    """nbgrader's settings on a learner's side: where the exchange is, and whose name counts."""
    kept = ("c = ", "c.CourseDirectory.course_id", "c.ExchangeFactory", "c.Exchange.root")
    lines = [line for line in settings.splitlines() if line.startswith(kept)]
    imported = "from unpushy.assignments.exchange import Collect, FetchFeedback, Submit"
    return "\n".join([imported, "", *lines, ""])


def doctor(
    files: Annotated[
        list[Path], typer.Argument(help="Notebooks that were handed in.", show_default=False)
    ],
    mend: Annotated[
        Path | None, typer.Option(help="Write the mended notebooks into this folder.")
    ] = None,
) -> None:
    """Look a notebook over: what is broken in it, what can be mended, what a person has to decide."""
    import nbformat

    from unpushy.assignments.doctor import ASK, release_for, told
    from unpushy.assignments.submissions import diagnose, read_submission
    from unpushy.server.places import course_folder

    exercises = Path("exercises") if Path("exercises").is_dir() else course_folder() / "exercises"
    asked = False
    for file in files:
        if not (file.exists() or file.is_symlink()):
            typer.echo(f"{file}: there is no such file.")
            asked = True
            continue
        raw = read_submission(file)
        release = release_for(file, raw, exercises)
        if release is None:
            typer.echo(f"{file}: it answers none of this course's assignments.")
            asked = True
            continue
        found = diagnose(raw, release)
        asked |= any(one.kind == ASK for one in found.findings)
        of = len(release.answers) + len(release.essays)
        typer.echo(f"{file}: {len(found.answers)} of {of} answered.")
        for one in found.findings:
            typer.echo(f"  {one.kind:7}{told([one])[0]}")
        if mend is not None:
            mend.mkdir(parents=True, exist_ok=True)
            target = mend / file.name
            if target.exists():
                _fail(
                    f"{target} is there already. Name an empty folder, and mend files of one name singly."
                )
            nbformat.write(found.notebook(), target)
    if asked:
        raise typer.Exit(1)


def grade(
    assignment: Assignment,
    student: Annotated[list[str] | None, typer.Option(help="Only this learner.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say whose points would change.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what is up to date.")] = False,
    room: Room = HERE,
) -> None:
    """Grade what was handed in; what is up to date is left alone, a teacher's mark stays."""
    from unpushy.assignments import grading
    from unpushy.assignments.gradebook import essays_to_read, to_look_at

    try:
        place = grading.classroom(room)
        todo = grading.submissions(place, assignment, student or ())
        with typer.progressbar(length=len(todo), label="Grading", show_eta=True) as bar:
            result = grading.grade(
                place, assignment, student or (), again=again, dry_run=dry_run, done=bar.update
            )
    except grading.GradingError as error:
        _fail(str(error))
    for change in result.changes:
        would = "would change" if dry_run else "changed"
        typer.echo(
            f"{change.student}: {change.cell} {would} from {change.before:g} to {change.after:g}"
        )
    for who, words in result.failed:
        typer.echo(f"{who}: could not be graded ({words})", err=True)
    said = "Nothing was written. Would grade" if dry_run else "Graded"
    typer.echo(
        f"{said} {len(result.graded)}; up to date {len(result.up_to_date)}; failed {len(result.failed)}. "
        f"{result.seconds:.1f} seconds, {result.ear_seconds:.1f} of them listening to {result.heard} different answers."
    )
    if dry_run:
        learners = len({change.student for change in result.changes})
        typer.echo(f"Points of {learners} learners would change.")
        return
    with place.gradebook() as gradebook:
        asked = to_look_at(gradebook, assignment)
        essays = essays_to_read(gradebook, assignment)
    if asked or essays:
        typer.echo(
            f"For you to look at: {len(asked)} answers (unpushy look {assignment}), "
            f"and {essays} to mark by hand in the formgrader."
        )
    if result.failed:
        raise typer.Exit(1)


def look(
    assignment: Assignment,
    accept_rest: Annotated[
        bool, typer.Option("--accept-rest", help="Let all that is left keep the points it has.")
    ] = False,
    mark: Annotated[
        list[str] | None,
        typer.Option(help="Give an answer points: its key, '=', and the points, as in 3fa9c1=2."),
    ] = None,
    comment: Annotated[
        list[str] | None,
        typer.Option(help="Comment an answer: its key, '=', and your words or a tactic's code."),
    ] = None,
    room: Room = HERE,
) -> None:
    """Look at what waits for you: doubtful answers, least sure first; what was mended; what looks odd."""
    from unpushy.assignments.gradebook import (
        answers_of_all,
        found_odd,
        remark,
        settle,
        to_look_at,
    )
    from unpushy.assignments.integrity import too_alike

    place = _classroom(room)
    with place.gradebook() as gradebook:
        asked = {one.key: one for one in to_look_at(gradebook, assignment)}
        for given in (*(comment or ()), *(mark or ())):
            if given.partition("=")[0] not in asked:
                _fail(f"No answer waits under the key '{given.partition('=')[0]}'.")
        for given in comment or ():
            key, _, words = given.partition("=")
            remark(gradebook, asked[key], words)
            typer.echo(f"{key}: commented for {len(asked[key].students)} learners.")
        for given in mark or ():
            key, _, points = given.partition("=")
            worth = asked[key].out_of
            try:
                value = float(points)
            except ValueError:
                value = -1.0
            if not 0 <= value <= worth:
                _fail(f"'{given}': give a key, '=', and points from 0 to {worth:g}.")
            learners = settle(gradebook, [asked.pop(key)], value)
            typer.echo(f"{key}: {value:g} points for {learners} learners.")
        if accept_rest:
            typer.echo(f"Accepted: {settle(gradebook, asked.values())} answers keep their points.")
            return
        if mark or comment:
            return
        typer.echo(f"To decide, least sure first: {len(asked)} answers")
        for one in asked.values():
            names = ", ".join(one.students[:5]) + (" …" if len(one.students) > 5 else "")
            typer.echo(
                f"\n  {one.key}  {one.cell}: {one.points:g} of {one.out_of:g} points, {names}"
            )
            typer.echo("    " + one.answer.replace("\n", "\n    "))
            typer.echo(f"    {one.asks}")
            for code in one.tactics:
                typer.echo(f"    A comment to use: --comment {one.key}={code}")
        found = found_odd(gradebook, assignment)
        typer.echo(f"\nMended, asked and odd: {len(found)}")
        for student, finding in found:
            where = f"{finding.cell}: " if finding.cell else ""
            typer.echo(f"  {finding.kind:7}{student}: {where}{finding.words}")
        pairs = too_alike(answers_of_all(gradebook, assignment))
        typer.echo(
            f"\nMore alike than chance explains: {len(pairs)} pairs (a list to look at, no verdict)"
        )
        for pair in pairs:
            lines = ", ".join(f"{cell} {value:.0f}%" for cell, value in pair.shared)
            typer.echo(
                f"  {pair.one} and {pair.other}: {len(pair.shared)} of {pair.answered} ({lines}). "
                f"By chance {pair.expected:.2g} such pairs in a class like this."
            )


def extend(
    assignment: Assignment,
    student: Annotated[str, typer.Argument(help="Who gets more time.", show_default=False)],
    days: Annotated[int, typer.Option(help="Days after the due date.")] = 0,
    hours: Annotated[int, typer.Option(help="Hours after the due date.")] = 0,
    room: Room = HERE,
) -> None:
    """Give a learner more time; their penalty is worked out anew."""
    from nbgrader.api import MissingEntry

    from unpushy.assignments.gradebook import submission_of
    from unpushy.assignments.late import penalise

    place = _classroom(room)
    with place.gradebook() as gradebook:
        try:
            if gradebook.find_assignment(assignment).duedate is None:
                _fail(f"{assignment} has no due date, so nobody can be late for it.")
            entry = submission_of(gradebook, assignment, student)
            gradebook.grant_extension(assignment, student, days=days, hours=hours)
        except MissingEntry as error:
            _fail(f"{error}. See `nbgrader db assignment list`.")
        for notebook in entry.notebooks:
            penalise(gradebook, notebook, place.late)
        gradebook.db.commit()
        typer.echo(f"{student} has until {entry.duedate:%Y-%m-%d %H:%M} UTC for {assignment}.")


def hand_out(
    assignment: Assignment,
    to: Annotated[Path | None, typer.Option(help="The zip file to write.")] = None,
    room: Room = HERE,
) -> None:
    """Put a released assignment into a zip file for your learners."""
    from unpushy.assignments import zips
    from unpushy.assignments.grading import GradingError, classroom

    try:
        released = classroom(room).release(assignment)
    except GradingError as error:
        _fail(str(error))
    if not released.is_dir():
        _fail(f"{assignment} isn't released yet: nbgrader generate_assignment {assignment}")
    typer.echo(f"Written: {zips.hand_out(released, to or room / f'{assignment}.zip')}")


def hand_back(
    assignment: Assignment,
    to: Annotated[Path | None, typer.Option(help="The zip file to write.")] = None,
    room: Room = HERE,
) -> None:
    """Put everybody's feedback into a zip file, a folder for each learner."""
    from unpushy.assignments import zips

    place = _classroom(room)
    feedback = place.folder(place.courses.feedback_directory, "_", assignment).parents[1]
    target = to or room / f"{assignment}-feedback.zip"
    students = zips.hand_back(feedback, assignment, target)
    if not students:
        target.unlink()
        _fail(f"There is no feedback yet: nbgrader generate_feedback {assignment}")
    typer.echo(f"Written: {target}, for {len(students)} learners")
