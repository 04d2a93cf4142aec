"""The service: webhook door, worker, publishers and pages. The only place that knows GitHub, HTTP, SQL and the queue."""

__version__ = "0.1.0"
