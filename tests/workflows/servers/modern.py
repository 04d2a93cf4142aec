"""A small server on the SDK: speaks the stateless era."""

import os

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

server = MCPServer("modern")


class Sum(BaseModel):
    total: int
    pid: int


@server.tool()
async def add(a: int, b: int) -> Sum:
    """Add two numbers."""
    return Sum(total=a + b, pid=os.getpid())


@server.tool()
async def fail() -> Sum:
    """Fail."""
    raise ValueError("no sum today")


if __name__ == "__main__":
    server.run("stdio")
