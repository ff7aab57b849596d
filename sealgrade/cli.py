"""The commands, nothing else. Heavy imports stand inside them, so that `--help` is quick."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgrade import __version__
from sealgrade.consoles import err, escape, out

if TYPE_CHECKING:
    from sealgrade.course import Course

app = typer.Typer(
    help="Auto-graded Jupyter assignments on top of nbgrader.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawn with rich, a page of help takes three times as long
)


def _assignment(name: str) -> str:
    """Take what the shell's completion makes of a folder, and nothing that leads elsewhere."""
    name = name.rstrip("/")
    if name in ("", ".", "..") or "/" in name:
        raise typer.BadParameter("an assignment is a folder's name in source/, such as exercise2")
    return name


Assignment = Annotated[
    str, typer.Argument(help="The assignment, for example exercise2.", show_default=False, callback=_assignment)
]
CourseOption = Annotated[Path, typer.Option("--course", help="The course's folder, or one inside it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
HERE = Path()


@contextmanager
def _errors_for_people() -> Iterator[None]:
    """End with what to do, never with a traceback, where the user can do something."""
    from sealgrade.errors import SealgradeError
    from sealgrade.plain import plain

    try:
        yield
    except SealgradeError as error:
        told = "\n".join(plain(line) for line in str(error).split("\n"))
        err().print(f"[red]Error:[/] {escape(told)}", soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        err().print("Stopped. What was finished is kept; run the command again to go on.")
        raise typer.Exit(130) from None


@contextmanager
def _open_course(path: Path) -> "Iterator[Course]":
    with _errors_for_people():
        from sealgrade.course import Course, find_root
        from sealgrade.imports import leave_out_formats

        leave_out_formats()
        course = Course(find_root(path))
        try:
            yield course
        finally:
            course.close()


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=2))


def _shown(path: Path) -> str:
    """A path as the user would type it."""
    try:
        return escape(str(path.relative_to(Path.cwd())))
    except ValueError:
        return escape(str(path))


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def new(
    assignment: Assignment,
    course: Annotated[
        Path | None,
        typer.Option(help="The course's folder, or one inside it; a folder that is in no course becomes one."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start an assignment: a small one that works at once, with its bank, to replace cell by cell."""
    with _errors_for_people():
        from sealgrade.scaffold import new_assignment

        made = new_assignment(assignment, course)
        commands = [f"sealgrade {command} {assignment}" for command in ("release", "check")]
        if as_json:
            _print_json(
                {
                    "assignment": assignment,
                    "course": str(made.root),
                    "written": [str(path) for path in made.written],
                    "next": commands,
                }
            )
            return
        for path in made.written:
            out().print(f"Wrote {_shown(path)}", soft_wrap=True)
        where = f" in {_shown(made.root)}" if made.root != Path.cwd() else ""
        out().print(f"Open the notebook in JupyterLab and replace its cells. Then, after each step{where}:")
        for command in commands:
            out().print(f"  {command}")


@app.command()
def release(assignment: Assignment, course: CourseOption = HERE, as_json: JsonOption = False) -> None:
    """Make the students' version of an assignment in release/, and record it in the gradebook."""
    with _open_course(course) as opened:
        from rich.table import Table

        from sealgrade.release import release as make
        from sealgrade.table import counted, number

        with err().status("Making the release ...", spinner="dots"):
            made = make(opened, assignment)
        blueprint = made.blueprint
        if as_json:
            _print_json(
                {
                    "assignment": assignment,
                    "folder": str(made.folder),
                    "changed": [str(path) for path in made.changed],
                    "total": blueprint.total,
                    "bonus": blueprint.bonus,
                    "parts": [vars(part) for part in blueprint.parts],
                    "warnings": list(made.warnings),
                }
            )
            return
        table = Table("Notebook", "Part", "Points", "", title=f"{assignment}: {number(blueprint.total)} points")
        for part in blueprint.parts:
            some = f"{number(part.by_hand)} of {number(part.points)} " if part.by_hand != part.points else ""
            remark = ", ".join([f"{some}by hand"] * bool(part.by_hand) + ["bonus"] * part.bonus)
            table.add_row(part.notebook, part.name, number(part.points), remark)
        out().print(table)
        if blueprint.bonus:
            out().print(f"and {number(blueprint.bonus)} points of bonus")
        for warning in made.warnings:
            out().print(f"[yellow]Warning:[/] {escape(warning)}", soft_wrap=True)
        news = f"{counted(len(made.changed), 'file')} changed" if made.changed else "nothing changed"
        out().print(f"Released to {_shown(made.folder)} ({news}).", soft_wrap=True)


@app.command()
def grade(
    assignment: Assignment,
    student: Annotated[list[str] | None, typer.Option(help="Grade this student only (may be repeated).")] = None,
    notebook: Annotated[list[str] | None, typer.Option(help="Grade this notebook only (may be repeated).")] = None,
    force: Annotated[bool, typer.Option(help="Grade also what has not changed.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many notebooks at the same time; as many as there are cores.")
    ] = None,
    trust_submissions: Annotated[
        bool, typer.Option(help="Grade even where this machine cannot confine students' code.")
    ] = False,
    course: CourseOption = HERE,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the last line only, and notes on stderr.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Grade what is new in submitted/ and write the feedback. What students handed in is never changed."""
    with _errors_for_people():
        from sealgrade.ahead import take_over

        take_over()
    with _open_course(course) as opened:
        from sealgrade.grading import grade as run_grading
        from sealgrade.progress import showing

        if trust_submissions:
            opened.config.ExecuteSealed.trust_submissions = True
        with showing(err, hidden=quiet or as_json) as progress:
            run = run_grading(opened, assignment, student or (), force, progress, notebooks=notebook or (), jobs=jobs)
        from sealgrade.report import read_results
        from sealgrade.table import results_table

        results = read_results(opened, assignment, run)
        places = {
            "gradebook": opened.gradebook_path,
            "autograded": opened.folder("autograded"),
            "feedback": opened.folder("feedback"),
            "log": opened.log_path,
        }
        if as_json:
            _print_json(
                {
                    "assignment": assignment,
                    "students": [result.as_json() for result in results],
                    "warnings": run.warnings,
                    "tier": run.tier or None,
                    **{name: str(path) for name, path in places.items()},
                }
            )
            return
        if not results:
            out().print(f"Nothing to grade: there is no {_shown(opened.folder('submitted'))}/STUDENT/{assignment}/.")
            return
        for warning in run.warnings if quiet else ():
            err().print(f"[yellow]Note:[/] {escape(warning)}", soft_wrap=True)
        if not quiet:
            out().print(results_table(opened.blueprint(assignment), results))
            if any(result.pending() for result in results):
                out().print(
                    "(?n): n points wait for a mark by hand. Run `jupyter lab` here; menu Nbgrader, Formgrader."
                )
            for warning in run.warnings:
                out().print(f"[yellow]Note:[/] {escape(warning)}", soft_wrap=True)
            if run.tier not in ("", "A"):
                out().print(
                    f"[yellow]Confinement: only tier {run.tier}[/]. `sealgrade doctor` says why.", soft_wrap=True
                )
        unchanged = len(results) - len(run.graded) - len(set(run.failures) - set(run.graded))
        out().print(f"{len(run.graded)} graded, {unchanged} unchanged since the last run, {len(run.failures)} failed.")
        if not quiet:
            for name, path in places.items():
                out().print(f"  {name:<11}{_shown(path)}", soft_wrap=True)


@app.command()
def check(
    assignment: Assignment,
    mutants: Annotated[
        int, typer.Option(min=0, help="Try also so many mutants of the solution, made mechanically.")
    ] = 0,
    require: Annotated[
        list[str] | None,
        typer.Option(help="What has to be reached, as catch=100,false-rejects=0; exit code 1 where it is not."),
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Write the report as a page, too.", dir_okay=False)] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many notebooks at the same time; as many as there are cores.")
    ] = None,
    course: CourseOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find out how good the tests of an assignment are, by its bank of mistakes and of right alternatives."""
    with _errors_for_people():
        from sealgrade.ahead import take_over

        take_over()
    with _open_course(course) as opened:
        from sealgrade.assay import requirements, terminal
        from sealgrade.assay.check import check as run_check
        from sealgrade.errors import SealgradeError

        required = requirements.parse(require or ())
        if not mutants and any(one.name == "mutants" for one in required):
            raise SealgradeError(
                "--require mutants: none would be tried. Say how many with --mutants, as --mutants 60."
            )
        if page is not None:
            try:  # before the minutes that a check takes
                page.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SealgradeError(f"--page: {page.parent} cannot be made ({error.strerror}).") from error
        with err().status("", spinner="dots") as status:

            def show(what: str, done: int, total: int) -> None:
                status.update(f"{what} {done}/{total}" if total else f"{what} ...")

            try:
                found = run_check(opened, assignment, mutants, show, jobs=jobs)
            except KeyboardInterrupt:
                err().print("Stopped. A check that does not come to its end changes nothing.")
                raise typer.Exit(130) from None
        short = list(filter(None, (one.falls_short(found) for one in required)))
        if page is not None:
            from sealgrade.assay.page import page as render

            page.write_text(render(found, required), encoding="utf-8")
        if as_json:
            _print_json({**terminal.as_json(found), "falls_short": short})
        else:
            terminal.show(found, out())
            for line in short:
                out().print(f"[red]Not reached:[/] {escape(line)}", soft_wrap=True)
            if page is not None:
                out().print(f"Report: {_shown(page.resolve())}", soft_wrap=True)
        if short:
            raise typer.Exit(1)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Show how far students' code can be confined on this machine, by letting a process try to get out."""
    with _errors_for_people():
        from sealgrade.doctor import TIERS, examine, table

        with err().status("Trying to get out ...", spinner="dots"):
            found = examine()
        if as_json:
            _print_json(found)
        else:
            if found["layers"]:
                out().print(table(found))
            for reason in found["refused"]:
                out().print(f"[yellow]Not to be had:[/] {escape(reason)}", soft_wrap=True)
            tier = found["tier"]
            out().print(f"Tier {tier}: {TIERS[tier]}" if tier else "No tier: nothing is graded here.", soft_wrap=True)
        if found["tier"] is None:
            raise typer.Exit(1)


@app.command("class")
def make_class(
    assignment: Assignment,
    size: Annotated[int, typer.Option(min=1, help="How many students.")] = 40,
    seed: Annotated[int, typer.Option(help="Another seed, another class.")] = 0,
    course: CourseOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Put a made-up class into submitted/, to try the grading on."""
    with _errors_for_people():
        from sealgrade.course import find_root
        from sealgrade.sample_class import write_class
        from sealgrade.table import counted

        with err().status("Writing the sample class ...", spinner="dots"):
            root = find_root(course)
            made = write_class(root, assignment, size, seed)
        if as_json:
            _print_json([{"student": one.student, "description": one.description} for one in made])
            return
        for one in made:
            out().print(f"{escape(one.student):<32} [dim]{escape(one.description)}[/]", soft_wrap=True)
        out().print(f"{counted(len(made), 'student')} in {_shown(root / 'submitted')}.", soft_wrap=True)


@app.command()
def solve(assignment: Assignment, course: CourseOption = HERE, as_json: JsonOption = False) -> None:
    """Write the solved notebooks, with code and outputs, to publish after the deadline."""
    with _errors_for_people():
        from sealgrade.course import find_root
        from sealgrade.inline import write_solved

        with err().status("Running the solved notebooks ...", spinner="dots"):
            paths = write_solved(find_root(course), assignment)
        if as_json:
            _print_json([str(path) for path in paths])
            return
        for path in paths:
            out().print(f"Solved: {_shown(path)}", soft_wrap=True)


@app.command()
def clean(
    submitted: Annotated[bool, typer.Option("--submitted", help="Also what was handed in.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    course: CourseOption = HERE,
) -> None:
    """Remove what runs made: autograded/, feedback/, solved/ and the gradebook, with the marks given by hand."""
    with _open_course(course) as opened:
        from sealgrade.state import FOLDER

        steps = ["autograded", "feedback", "solution"] + ["submitted"] * submitted
        paths = [opened.folder(step) for step in steps]
        paths += [opened.gradebook_path, opened.root / FOLDER, opened.log_path]
        paths = [path for path in paths if path.exists()]
        if not paths:
            out().print("Nothing to remove.")
            return
        listed = ", ".join(_shown(path) for path in paths)
        if not yes and not typer.confirm(f"Remove {listed}?"):
            raise typer.Exit(1)
        opened.close()
        for path in paths:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        out().print(f"Removed {listed}.", soft_wrap=True)


def main() -> None:
    """Run the command line."""
    app()
