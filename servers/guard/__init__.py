"""Safeguards the bundled servers share: environment, paths, processes, faults, results."""
