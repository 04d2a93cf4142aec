"""The service: webhook door, worker, publishers and pages; the only place that knows GitHub, HTTP, SQL, the queue."""

__version__ = "0.1.0"
