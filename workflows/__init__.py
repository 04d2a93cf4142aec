"""The engine and the MCP host: knows tool calls, not reviews, not GitHub."""
