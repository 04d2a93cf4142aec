"""The GitHub Action: a second, smaller shell round the reviewer. Speaks the runner's files and standard output only."""
