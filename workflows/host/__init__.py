"""The host side of MCP: server processes, sessions with them, and the pool that calls their tools."""
