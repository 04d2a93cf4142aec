"""The web process: webhook door, status site, probes."""
