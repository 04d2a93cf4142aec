"""The MCP server api-key-sniffer: finds leaked credentials and answers with masks only."""
