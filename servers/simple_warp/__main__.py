"""Runs simple-warp over standard input and output."""

from servers.guard.start import serve

if __name__ == "__main__":
    serve("simple_warp")
