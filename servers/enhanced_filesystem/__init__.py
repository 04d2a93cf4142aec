"""The MCP server enhanced-filesystem: bounded access to the files of a workspace."""
