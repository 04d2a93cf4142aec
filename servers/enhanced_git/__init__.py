"""The MCP server enhanced-git: structured, read-only answers about a repository."""
