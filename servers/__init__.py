"""The bundled MCP servers: separate programs that share only their safeguards."""
