"""Runs the git program: hardened environment, no shell, limits, and faults instead of exit codes."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from servers.guard import process
from servers.guard.fault import Code, Fault, invalid, not_found
from servers.guard.paths import check_text

_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "core.untrackedCache=false",
    "core.commitGraph=true",
    "credential.helper=",
    "diff.ignoreSubmodules=dirty",
    "diff.submodule=short",
    "gc.auto=0",
    "gpg.program=/dev/null",
    "gpg.ssh.program=/dev/null",
    "gpg.x509.program=/dev/null",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "maintenance.auto=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
"""Given on the command line, where they win over every file. Source: git-config(1)."""

_STDERR_BYTES = 16_384
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _environment(scratch: str) -> dict[str, str]:
    """All that git gets. Source: git(1), environment variables."""
    return {
        "PATH": os.defpath,
        "HOME": scratch,
        "XDG_CONFIG_HOME": scratch,
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_SSH_COMMAND": "/bin/false",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "/bin/false",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_CEILING_DIRECTORIES": "/",
    }


@dataclass(frozen=True, slots=True)
class Output:
    """What git printed, cut at the cap it was given."""

    data: bytes
    truncated: bool
    exit_code: int

    @property
    def text(self) -> str:
        """UTF-8, with bytes that are none replaced."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Git:
    """The git program, pointed at one repository view or at nothing."""

    program: str
    scratch: str
    timeout_s: float
    git_dir: Path | None = None
    work_tree: Path | None = None

    @classmethod
    def installed(cls, scratch: str, timeout_s: float) -> Git:
        """Git from ``PATH``; a missing one is reported by the first call."""
        return cls(shutil.which("git") or "git", scratch, timeout_s)

    def at(self, git_dir: Path, work_tree: Path | None) -> Git:
        """The same program on a repository."""
        return replace(self, git_dir=git_dir, work_tree=work_tree)

    async def run(self, *arguments: str, max_bytes: int = 33_554_432, ok: Sequence[int] = (0,)) -> Output:
        """Run one git command.

        Args:
            arguments: subcommand and its arguments.
            max_bytes: standard output kept; git is stopped beyond it and the output says truncated.
            ok: exit codes that are answers.

        Raises:
            Fault: git is missing, failed, or took too long.
        """
        argv = [self.program, "--no-pager", "--no-optional-locks"]
        if self.git_dir is not None:
            argv.append(f"--git-dir={self.git_dir}")
        if self.work_tree is not None:
            argv.append(f"--work-tree={self.work_tree}")
        for setting in _SETTINGS:
            argv += ("-c", setting)
        argv += arguments
        limits = process.Limits(self.timeout_s, max_bytes, _STDERR_BYTES, stop_at_cap=True)
        cwd = self.work_tree or self.git_dir or Path(self.scratch)
        try:
            done = await process.run(argv, cwd=os.fspath(cwd), env=_environment(self.scratch), limits=limits)
        except FileNotFoundError:
            if not cwd.is_dir():
                raise not_found("the repository is gone") from None
            raise Fault(Code.UNAVAILABLE, "git is not installed: install git 2.32 or newer") from None
        if done.timed_out:
            raise Fault(Code.TIMEOUT, f"git {arguments[0]} took longer than {self.timeout_s:g} s")
        if done.exit_code not in ok and not done.truncated:
            raise _failed(arguments[0], done)
        return Output(done.stdout, done.truncated, done.exit_code)

    async def text(self, *arguments: str) -> str:
        """Standard output of a command whose bytes must survive: surrogates stand for what is no UTF-8."""
        return (await self.run(*arguments)).data.decode("utf-8", "surrogateescape")

    async def commit(self, revision: str) -> str:
        """Object id of the commit a caller names.

        Raises:
            Fault: the name is refused or there is no such commit.
        """
        return await self.object_id(f"{check_revision(revision)}^{{commit}}", revision)

    async def object_id(self, expression: str, shown: str) -> str:
        """Object id of an already checked expression.

        Raises:
            Fault: ``not_found``.
        """
        output = await self.run("rev-parse", "--verify", "--quiet", "--end-of-options", expression, ok=(0, 1, 128))
        found = output.data.decode("ascii", "replace").strip()
        if not _OID.fullmatch(found):
            raise not_found("no such revision in this repository", revision=shown[:200])
        return found


def check_revision(revision: str) -> str:
    """Refuse what is no plain name of one commit.

    Raises:
        Fault: ``invalid_argument`` for an option, a range, a search or refused characters.
    """
    check_text(revision, what="revision")
    if not revision or revision.startswith(("-", ":")):
        raise invalid("a revision may not be empty or start with '-' or ':'")
    if ".." in revision or any(c in " \\?*[" for c in revision) or "^{/" in revision:
        raise invalid("a revision must name one commit: no range, pattern or search")
    return revision


def _failed(command: str, done: process.Completed) -> Fault:
    lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    reason = next((line for line in lines if line.startswith(("fatal:", "error:"))), "".join(lines[-1:]))
    # Host paths are nobody's business.
    reason = re.sub(r"(?<![\w.])/[^\s':]+", "<path>", reason)[:300]
    return Fault(Code.UPSTREAM_ERROR, f"git {command} failed: {reason}", retryable=False, exit_code=done.exit_code)


def paths_argument(paths: Sequence[str], excluded: Sequence[str] = ()) -> list[str]:
    """Pathspecs that mean exactly these paths, minus globs. Source: gitglossary(7), pathspec magic."""
    specs = [f":(top,literal){path}" for path in paths] or [":(top)"]
    return ["--", *specs, *(f":(top,exclude,glob){glob}" for glob in excluded)]


def diff_safety() -> tuple[str, ...]:
    """Options that keep every diff-making command from running drivers."""
    return ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", "--submodule=short")
