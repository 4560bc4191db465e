"""Template filters and tags of the audit pages. All that they give is escaped by the template, or by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from auditsearch.event import Event
from auditsearch.web import links, show

register = template.Library()


@register.filter
def shown(value: Any, length: int | None = None) -> str:
    """Return a value as one line of text, cut after `length` characters; what can't be seen as escapes: `\\u202e`."""
    text = show.shown(value)
    return text if length is None else show.cut(text, length)


@register.filter
def moment(value: datetime | None) -> str | SafeString:
    """Return a time in the current time zone, with UTC and microseconds as its title."""
    if value is None:
        return ""
    stamp = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, show.precise(value), show.local(value))


@register.filter
def sentence(event: Event) -> str:
    """Return what happened as one sentence."""
    return show.sentence(event)


@register.filter
def code(value: str | None) -> str:
    """Return the label of an event's code."""
    return show.what(value)


@register.filter
def who(event: Event) -> str:
    """Return who acted."""
    return show.who(event)


@register.filter
def thing(event: Event) -> str:
    """Return what an event is about."""
    return show.thing(event)


@register.simple_tag
def event_url(event: Event) -> str:
    """Return the address of an event's page."""
    return links.event_url(event)


@register.simple_tag
def object_url(event: Event) -> str:
    """Return the address of the page of what an event is about, "" where it is about nothing."""
    return links.object_url(event.object_type, event.object_id)


@register.simple_tag
def request_url(event: Event) -> str:
    """Return the address of the page of the request that an event belongs to, "" where it belongs to none."""
    return links.request_url(event.request_token)


@register.simple_tag
def actor_url(event: Event) -> str:
    """Return the address of the page of who acted, "" of nobody."""
    return links.actor_url(event.suid, event.user)
