"""The errors of auditsearch, grouped by who must act."""


class AuditSearchError(Exception):
    """Something in auditsearch went wrong; the message says what to change."""


class ConfigurationError(AuditSearchError):
    """An operator must change a setting, a template or a right; nothing was lost, rows wait in the outbox."""


class SettingError(ConfigurationError):
    """A key or value of settings.AUDITSEARCH is wrong; the message names the nearest right one."""


class BackendUnavailable(AuditSearchError):
    """The search server or file can't be reached now; try again later, rows wait in the outbox."""


class PartialAnswer(AuditSearchError):
    """Some shards did not answer, so the result would be incomplete; try again, or check the cluster's health."""


class QueryError(AuditSearchError, ValueError):
    """The question itself is wrong; whoever asks must change it."""


class UnknownField(QueryError):
    """No such field; the message lists the fields that exist."""


class UnknownLookup(QueryError):
    """No such lookup on this field; the message lists the lookups that fit."""


class Hidden(QueryError):
    """The question reads values that PERSONAL names: it takes the permission `auditsearch.unmask`."""


class InvalidValue(QueryError):
    """The value does not fit the lookup; the message says which kinds do."""


class Misread(QueryError):
    """A part of what was typed into the search box can't be understood; the message says why and where.

    `reason` is the message without the place, `start` and `end` are the part's characters in `text`.
    """

    def __init__(self, reason: str, text: str, start: int, end: int) -> None:
        self.reason, self.text, self.start, self.end = reason, text, start, end
        place = f"At character {start + 1}: {text[start:end][:40]!r}." if text[start:end] else "At the end."
        super().__init__(f"{reason} {place}")

    def pointed(self) -> str:
        """Two lines: what was typed, and a mark beneath the part."""
        return f"{self.text}\n{' ' * self.start}{'^' * max(1, self.end - self.start)}"
