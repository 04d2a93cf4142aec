"""The adapter to GitHub: the only place that speaks its API and its payloads."""
