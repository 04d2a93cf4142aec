"""Single files of a repository at a commit, read through the API."""

from __future__ import annotations

import base64
import binascii

from bot.errors import UserError
from bot.github.client import InstallationClient
from bot.github.errors import NotFoundError
from bot.github.pulls import repository_vars
from bot.models import RepositoryRef

CONFIG_PATH = ".github/patchwarden.yml"
MAX_CONFIG_BYTES = 100_000


async def read_config_text(github: InstallationClient, repository: RepositoryRef, base_sha: str) -> str | None:
    """The repository's own settings file as the base has it; None without one.

    Raises:
        UserError: it is there and cannot be used: not a file, too large, or not UTF-8.
    """
    # The template's "+" keeps the slashes of a path; the path is ours, not a stranger's.
    path = "/repos/{owner}/{repo}/contents/{+path}{?ref}"
    values = {**repository_vars(repository), "path": CONFIG_PATH, "ref": base_sha}
    try:
        answer = await github.get(path, values)
    except NotFoundError:
        return None
    if not isinstance(answer, dict) or answer.get("type") != "file":
        raise UserError(f"{CONFIG_PATH} is not a file; make it a YAML file or remove it")
    if int(answer.get("size", 0)) > MAX_CONFIG_BYTES or answer.get("encoding") != "base64":
        raise UserError(f"{CONFIG_PATH} is larger than {MAX_CONFIG_BYTES:,} bytes; shorten it")
    try:
        return base64.b64decode(answer.get("content", "")).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise UserError(f"{CONFIG_PATH} is not UTF-8 text; save it as UTF-8") from None
