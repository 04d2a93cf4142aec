"""``patchwarden review``: a review of local changes, results to standard output, progress to standard error."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from bot.commandline.exits import Exit, Incomplete, Usage
from bot.commandline.progress import Progress
from review.choices import Choices, names_in
from review.errors import ConfigError

if TYPE_CHECKING:
    from bot.cli import Invocation
    from review.config import ReviewConfig
    from review.git import Workspace
    from review.models import ReviewReport

FORMATS = ("text", "json", "jsonl", "markdown", "sarif", "github", "html")
LEVELS = ("info", "low", "medium", "high", "critical", "never")


class Options(TypedDict):
    """The options as click hands them over."""

    path: Path | None
    base: str | None
    head: str | None
    staged: bool
    diff: str | None
    format_: str
    output: Path | None
    fail_on: str | None
    only: str | None
    skip: str | None
    config: Path | None
    llm: str
    all_files: bool
    no_cache: bool
    jobs: int | None
    quiet: bool


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--base", metavar="REF", help="Compare with this commit or branch; default: the default branch.")
@click.option("--head", metavar="REF", help="Review this commit or branch; default: HEAD.")
@click.option("--staged", is_flag=True, help="Review what is staged for the next commit.")
@click.option("--diff", metavar="FILE", help="Review a diff from a file, or from standard input with '-'.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write results to this file.")
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    help="Exit 1 for findings at or above this level.  [default: high]",
)
@click.option("--only", metavar="NAME,..", help="Run only these analysers.")
@click.option("--skip", metavar="NAME,..", help="Do not run these analysers.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Configuration file; default: .github/patchwarden.yml of the base.",
)
@click.option(
    "--llm", metavar="auto|off|SERVER", default="auto", show_default=True, help="Which model server may help."
)
@click.option("--all-files", is_flag=True, help="Review every file at the head, not only the change.")
@click.option("--no-cache", is_flag=True, help="Do not reuse answers of earlier tool calls.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Tool calls at the same time.  [default: 8]")
@click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")
@click.pass_obj
def review(invocation: Invocation, **options: Unpack[Options]) -> None:
    """Review the current branch against the default branch, or what the options say.

    PATH is a folder of a git repository; a folder below its top limits the review to that folder.
    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration, 3 not completed.
    """
    from workflows import logs

    _check(options)
    logs.configure("error")
    try:
        sys.exit(asyncio.run(_review(invocation, options)))
    except KeyboardInterrupt:
        raise click.Abort from None


def _check(options: Options) -> None:
    """Refuse options that contradict each other before any work."""
    sources = [name for name, given in (("--diff", options["diff"]), ("--staged", options["staged"])) if given]
    if len(sources) > 1 or (sources and (options["base"] or options["head"])):
        raise Usage("--base/--head, --staged and --diff exclude each other: name one source of changes")
    if options["llm"] not in {"auto", "off"}:
        from workflows.host import catalogue

        known = [config.name for config in catalogue.load() if any(p.effect == "L" for p in config.tools.values())]
        if options["llm"] not in known:
            raise Usage(f"--llm {options['llm']}: no such model server{_listed(known)}; use auto or off")
    from review.analysers import ALL

    try:
        _choices(options).check([analyser.name for analyser in ALL])
    except ConfigError as error:
        raise Usage(f"--{error}") from None


def _listed(names: list[str]) -> str:
    return f" (there are: {', '.join(names)})" if names else " (none is set up)"


def _choices(options: Options) -> Choices:
    return Choices(fail_on=options["fail_on"], only=names_in(options["only"]), skip=names_in(options["skip"]))


async def _review(invocation: Invocation, options: Options) -> Exit:
    from review.errors import ReviewError
    from review.session import SessionOptions, open_session, temporary_scratch

    progress = Progress(quiet=options["quiet"], in_ci=invocation.in_ci)
    diff = _diff_bytes(options["diff"])
    async with temporary_scratch() as scratch:
        session_options = SessionOptions(
            scratch=scratch,
            roots=_roots(options["path"]),
            environment=invocation.environ,
            jobs=options["jobs"],
        )
        async with open_session(session_options) as session:
            try:
                with progress:
                    progress("change", "reading the change")
                    async with _workspace(options, diff, session.workspaces) as workspace:
                        scoped = await _scoped(workspace, options["path"])
                        if not scoped.diff.files:
                            await _say_nothing(options)
                            if options["format_"] == "text":
                                return Exit.OK
                        config = await _config(options, scoped)
                        result = await session.reviewer.analyze_repository(
                            str(options["path"] or Path.cwd()),
                            workspace=scoped,
                            config=config,
                            progress=progress,
                        )
                        report = await session.reviewer.generate_report(result, config=config)
            except ReviewError as error:
                raise _as_click(error) from error
    _write(invocation, options, report)
    return _exit(report)


def _roots(path: Path | None) -> tuple[Path, ...]:
    """The repository itself: enhanced-git answers questions about its history."""
    return ((path or Path.cwd()).resolve(),)


def _as_click(error: Exception) -> click.ClickException:
    from review.errors import CheckoutError

    if isinstance(error, CheckoutError) and error.transient:
        return Incomplete(str(error))
    return Usage(str(error))


def _diff_bytes(source: str | None) -> bytes | None:
    if source is None:
        return None
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise Usage(f"--diff {source}: {error.strerror}") from None


def _workspace(options: Options, diff: bytes | None, scratch: Path) -> AbstractAsyncContextManager[Workspace]:
    from review.local import diff_workspace, local_workspace

    path = options["path"] or Path.cwd()
    if diff is not None:
        return diff_workspace(diff, path, scratch=scratch)
    return local_workspace(
        path,
        base=options["base"],
        head=options["head"],
        staged=options["staged"],
        scratch=scratch,
        all_files=options["all_files"],
    )


async def _scoped(workspace: Workspace, path: Path | None) -> Workspace:
    """Limit the change to the folder that was named, when it lies below the repository's top."""
    from review.local import find_repository

    if path is None or workspace.repository is None:
        return workspace
    repository = await find_repository(path)
    top, inside = await asyncio.to_thread(lambda: (repository.root.resolve(), path.resolve()))
    if inside == top or not inside.is_relative_to(top):
        return workspace
    prefix = inside.relative_to(top).as_posix()
    files = tuple(f for f in workspace.diff.files if f.path == prefix or f.path.startswith(prefix + "/"))
    return replace(workspace, diff=replace(workspace.diff, files=files))


async def _config(options: Options, workspace: Workspace) -> ReviewConfig:
    from review.config import ReviewConfig, validate_config
    from review.git import read_config

    if options["config"] is not None:
        config = validate_config(options["config"].read_text(encoding="utf-8", errors="replace"))
    elif workspace.repository is not None and workspace.base_sha:
        config = await read_config(workspace.repository, workspace.base_sha)
    else:
        config = ReviewConfig()
    return _choices(options).over(config)


async def _say_nothing(options: Options) -> None:
    """Say that there is nothing to review, and what could be."""
    from review.local import recent_commits

    if options["staged"]:
        what = "staged changes"
    elif options["diff"]:
        what = "changes in the diff"
    else:
        what = f"changes against {options['base'] or 'the default branch'}"
    click.echo(f"No {what}: nothing to review.", err=True)
    if options["diff"] or options["staged"]:
        return
    commits = await recent_commits(options["path"] or Path.cwd(), 5)
    if commits:
        click.echo("\nRecent commits; review the last one with `patchwarden review --base HEAD~1`:\n", err=True)
        for commit in commits:
            click.echo(f"  {commit.sha[:10]} {commit.subject}", err=True)


def _write(invocation: Invocation, options: Options, report: ReviewReport) -> None:
    from review.formats import by_name

    terminal = options["output"] is None and sys.stdout.isatty()
    formatter = by_name(options["format_"], colour=invocation.coloured(terminal=terminal))
    text = formatter.render(report)
    if options["output"] is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        options["output"].write_text(text, encoding="utf-8")
    except OSError as error:
        raise Usage(f"--output {options['output']}: {error.strerror}") from None


def _exit(report: ReviewReport) -> Exit:
    for part in report.result.skipped_analysers:
        click.echo(f"not completed: {part.name}: {part.reason}", err=True)
    if report.result.skipped_analysers:
        return Exit.INCOMPLETE
    return Exit.FINDINGS if report.blocking else Exit.OK
