"""auditsearch: every change and every event of a Django system, found again in milliseconds."""

__version__ = "0.1.0"
