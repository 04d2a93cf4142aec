"""Contents of git objects, one process for many of them. No filters run: bytes are as stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from review.git_process import Git, GitError


async def read_blobs(git: Git, names: Sequence[str], *, limit_bytes: int) -> list[bytes | None]:
    """Contents of objects; None for one that is no blob, not there or over the limit.

    Args:
        git: with the repository.
        names: ids, or ``revision:path`` without a line end in it.
        limit_bytes: of one object.
    """
    sizes = await blob_sizes(git, names)
    pairs = list(zip(names, sizes, strict=True))
    wanted = [name for name, size in pairs if size is not None and size <= limit_bytes]
    async with blobs(git, wanted) as next_blob:
        return [await next_blob() if size is not None and size <= limit_bytes else None for _, size in pairs]


async def blob_sizes(git: Git, names: Sequence[str]) -> list[int | None]:
    """Bytes of each object; None for one that is no blob or not there."""
    if not names:
        return []
    answer = await git.run("cat-file", "--batch-check=%(objecttype) %(objectsize)", stdin=_request(names))
    lines = answer.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    return [int(line[5:]) if line.startswith("blob ") else None for line in lines]


@asynccontextmanager
async def blobs(git: Git, names: Sequence[str]) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """Give a function that reads the objects one after the other. All must be there.

    Raises:
        GitError: from the function: an object is not there, or nothing came in time.
    """
    async with git.started("cat-file", "--batch=%(objectsize)", stdin=True) as process:
        output, stdin = process.stdout, process.stdin
        if output is None or stdin is None:  # pragma: no cover - both pipes were asked for
            raise GitError("git cat-file has no pipes.")
        errors = asyncio.create_task(process.stderr.read() if process.stderr else asyncio.sleep(0))
        feeding = asyncio.create_task(_feed(stdin, _request(names)))

        async def next_blob() -> bytes:
            try:
                async with asyncio.timeout(git.timeout_s):
                    size = int(await output.readline())
                    return (await output.readexactly(size + 1))[:size]
            except (TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
                message = "git cat-file did not give an object it has listed."
                raise GitError(message, transient=True) from error

        try:
            yield next_blob
        finally:
            feeding.cancel()
            errors.cancel()
            await asyncio.gather(feeding, errors, return_exceptions=True)


def _request(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")


async def _feed(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(data)
        await stdin.drain()
    stdin.close()
