"""Runs api-key-sniffer over standard input and output."""

from servers.guard.start import serve

if __name__ == "__main__":
    serve("api_key_sniffer")
