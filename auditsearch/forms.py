"""The text forms of values in facts: what is clipped, encoded and ordered there, for events and questions alike."""

from __future__ import annotations

import hashlib
import re
import struct
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from django.utils.timezone import get_default_timezone

from auditsearch.canonical import NUMBER_LENGTH

VALUE = 256
"""Characters of a value or a key in a fact, and of a window."""

STRIDE = 192
"""Characters from one window's start to the next: they overlap by 64."""

WINDOW_END = "\ue001"
CLIPPED = "\ue002"

_RESERVED = re.compile("[\ue000-\ue1ff\ud800-\udfff]")
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_as_double, _as_bits = struct.Struct(">d").pack, struct.Struct(">Q").unpack
_SIGN = 1 << 63
_ENCODED = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "=#@~?%"})
_CODE = re.compile("%([0-9A-F]{2})")


def sanitise(value: str) -> str:
    """Return `value` with U+E000 to U+E1FF, which facts use as signs, and lone surrogates as U+FFFD."""
    return value if value.isascii() or value.isprintable() else _RESERVED.sub("\ufffd", value)


def clip(value: str) -> str:
    """Return `value`, or of one over 256 characters the first 256, U+E002 and 8 characters U+E100 + byte of SHA-256."""
    if len(value) <= VALUE:
        return value
    digest = hashlib.sha256(value.encode()).digest()[:8]
    return value[:VALUE] + CLIPPED + "".join(chr(0xE100 + byte) for byte in digest)


@lru_cache(maxsize=16_384)
def encode_key(key: str) -> str:
    """Return a key as a path's part: sanitised, clipped, with the signs of facts percent-encoded."""
    return clip(sanitise(key)).translate(_ENCODED)


def decode_key(part: str) -> str:
    """Return the key that `encode_key` made a path's part of, sanitised and clipped as it is there."""
    return _CODE.sub(lambda code: chr(int(code[1], 16)), part)


def plain(number: Decimal | int) -> str:
    """Return the text form of a number: no exponent, no trailing zeros, -0 is 0.

    Of a number that would need far more than 256 characters, some text over 256 characters.
    """
    if isinstance(number, int):
        return str(number) if number.bit_length() <= 10_000 else "9" * (NUMBER_LENGTH + 1)
    form = str(number)
    if "E" in form:
        if number and abs(number.adjusted()) > NUMBER_LENGTH:
            return form.ljust(NUMBER_LENGTH + 1)
        form = format(number, "f")
    if "." in form:
        form = form.rstrip("0").rstrip(".")
    return "0" if form in ("-0", "") else form


def number_key(number: Decimal | int) -> str:
    """Return a string that sorts as the number does, by code point.

    16 hex digits of the double (sign flipped) where the double's shortest decimal is the number itself; otherwise the
    nearest one not above it, a sign (`+` it rounds to it, `-` it rounds to the next) and the exact digits.
    """
    return key_of(plain(number))


def key_of(form: str) -> str:
    """Return the `number_key` of a number by its text form."""
    double = float(form)
    shortest = repr(double)
    if double >= 0 and (shortest == form or shortest == f"{form}.0"):  # most are, and a cache would cost more
        return f"{_as_bits(_as_double(double))[0] | _SIGN:016x}"
    bits = _ordered_bits(double)
    if Decimal(shortest) == Decimal(form):
        return f"{bits:016x}"
    return f"{bits:016x}+{form}" if Decimal(form) > Decimal(shortest) else f"{bits - 1:016x}-{form}"


def _ordered_bits(double: float) -> int:
    bits: int = _as_bits(_as_double(double + 0.0))[0]
    return bits ^ (0xFFFFFFFFFFFFFFFF if bits & _SIGN else _SIGN)


def iso_utc(value: str, zone: tzinfo | None = None) -> str | None:
    """Return the UTC time `2026-11-22T08:00:00.000000Z` of a full ISO date or time, None of any other text.

    Bare dates are their midnight; what has no offset is meant in `zone`, by default the site's TIME_ZONE.
    """
    if value[4:5] != "-" or len(value) > 32 or not _ISO.fullmatch(value):
        return None
    if len(value) == 10:
        return _midnight(value, zone or get_default_timezone())
    try:
        moment = datetime.fromisoformat(value)
        if value[-1] == "Z" and len(value) in (20, 27):  # as Django's own times are written: in UTC, with seconds
            return f"{value[:10]}T{value[11:19]}.{value[20:26] or '000000'}Z"
        return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=zone or get_default_timezone()))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=16_384)
def _midnight(day: str, zone: tzinfo) -> str | None:
    try:
        return utc_text(datetime.fromisoformat(day).replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def utc_text(moment: datetime) -> str:
    """Return an aware time as a fact holds it. Raises OverflowError where UTC leaves the years 1 to 9999."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def windows(value: str) -> list[str]:
    """Return the windows of a value over 256 characters, the last marked with U+E001; none of a shorter one."""
    if len(value) <= VALUE:
        return []
    parts = [value[start : start + VALUE] for start in range(0, len(value) - VALUE + STRIDE, STRIDE)]
    return [*parts[:-1], parts[-1] + WINDOW_END]
