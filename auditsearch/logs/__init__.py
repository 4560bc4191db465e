"""Logs: Python's logging in and out, log files of other systems, and what is not worth an event."""

from auditsearch.logs.formatter import AuditFormatter
from auditsearch.logs.handler import AuditHandler

__all__ = ["AuditFormatter", "AuditHandler"]
