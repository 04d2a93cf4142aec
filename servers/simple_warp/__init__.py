"""The MCP server simple-warp: runs named commands in a sandbox."""
