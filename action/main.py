"""Composition root of the Action: read the event, review, write what the runner shows, exit by severity."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from action.context import ActionContext, ContextError
from action.output import (
    outputs_of,
    print_report,
    say_error,
    write_file,
    write_outputs,
    write_summary,
)
from review.errors import CheckoutError, ConfigError, ReviewError
from workflows import logs

if TYPE_CHECKING:
    from review.config import ReviewConfig
    from review.git import Workspace
    from review.models import ReviewReport

EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_INCOMPLETE = 0, 1, 2, 3


def main() -> None:
    """Entry point ``patchwarden-action``."""
    # One of the two places that read the environment; everything below takes it as an argument.
    sys.exit(run(dict(os.environ)))  # noqa: TID251 - see above


def run(environ: Mapping[str, str]) -> int:
    """Review the event's change.

    Returns:
        0 nothing at or above the threshold; 1 findings; 2 the workflow or configuration must be changed;
        3 the review could not be completed (only with ``fail-on-incomplete`` when a part of it ran).
    """
    logs.configure("error")
    try:
        context = ActionContext.from_env(environ)
        report = asyncio.run(_review(context, environ))
    except (ContextError, ConfigError) as error:
        say_error(str(error))
        return EXIT_USAGE
    except CheckoutError as error:
        say_error(f"{str(error).rstrip(chr(46))}. If the checkout is shallow, give actions/checkout `fetch-depth: 0`")
        return EXIT_USAGE
    except ReviewError as error:
        say_error(str(error))
        return EXIT_INCOMPLETE
    _write(context, report)
    if report.result.skipped_analysers and context.fail_on_incomplete:
        say_error("a part of the review did not run, and fail-on-incomplete is true")
        return EXIT_INCOMPLETE
    return EXIT_FINDINGS if report.blocking else EXIT_OK


async def _review(context: ActionContext, environ: Mapping[str, str]) -> ReviewReport:
    from review.analysers import ALL
    from review.local import local_workspace
    from review.session import SessionOptions, open_session, temporary_scratch

    context.choices.check([analyser.name for analyser in ALL])
    async with temporary_scratch() as scratch:
        options = SessionOptions(scratch=scratch, roots=(context.workspace.resolve(),), environment=environ)
        async with (
            open_session(options) as session,
            local_workspace(
                context.workspace, base=context.base, head=context.head, scratch=session.workspaces
            ) as workspace,
        ):
            config = await _config(context, workspace)
            result = await session.reviewer.analyze_repository(
                str(context.workspace), workspace=workspace, config=config
            )
            return await session.reviewer.generate_report(result, config=config)


async def _config(context: ActionContext, workspace: Workspace) -> ReviewConfig:
    """The base's configuration with the inputs on top; never the pull request's own."""
    from review.config import CONFIG_PATH, ReviewConfig
    from review.git import read_config

    if workspace.repository is None or not workspace.base_sha:
        return context.choices.over(ReviewConfig())
    path = context.config or CONFIG_PATH
    config = await read_config(workspace.repository, workspace.base_sha, path, must_exist=context.config is not None)
    return context.choices.over(config)


def _write(context: ActionContext, report: ReviewReport) -> None:
    from review.formats import by_name

    print_report(by_name("text").render(report))
    if context.annotations:
        sys.stdout.write(by_name("github").render(report))
    sys.stdout.flush()
    write_file(context.report_file, by_name("json").render(report))
    write_file(context.sarif_file, by_name("sarif").render(report))
    if context.job_summary and context.summary_file is not None:
        whole = by_name("markdown").render(report)
        short = f"### {report.title}\n\nThe full report is too long for a job summary; see the `report-file` output.\n"
        if not write_summary(context.summary_file, whole):
            write_summary(context.summary_file, short)
    if context.output_file is not None:
        write_outputs(
            context.output_file,
            outputs_of(report, report_file=context.report_file, sarif_file=context.sarif_file, version=_version()),
        )


def _version() -> str:
    try:
        return version("patchwarden")
    except PackageNotFoundError:
        # The Action runs from its own folder, not from an installed distribution.
        text = (Path(__file__).parent.parent / "bot" / "__init__.py").read_text(encoding="utf-8")
        return text.partition('__version__ = "')[2].partition('"')[0]


if __name__ == "__main__":
    main()
