"""The settings HOSTS and CLIENT: where the search server is, and how it is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from auditsearch.exceptions import SettingError
from auditsearch.nearest import remedy

OPTIONS = ("http_auth", "ca_certs", "client_cert", "client_key", "verify_certs", "timeout")
"""Keys of AUDITSEARCH["CLIENT"]."""

_FILES = ("ca_certs", "client_cert", "client_key")


def check_options(hosts: Sequence[str], options: Mapping[str, Any]) -> None:
    """Raise SettingError where HOSTS or CLIENT can't be right."""
    if not hosts or isinstance(hosts, str):
        raise SettingError(
            "AUDITSEARCH['HOSTS'] must list the search server's URLs, such as ['http://localhost:9200']."
        )
    for host in hosts:
        if urlsplit(host).scheme not in ("http", "https"):
            bare = host.rpartition("@")[2]  # what stands before it may be a password
            raise SettingError(f"AUDITSEARCH['HOSTS'] has {bare!r}; write it as a URL, such as 'https://{bare}'.")
    for name, value in options.items():
        if name not in OPTIONS:
            meant = remedy(name, OPTIONS, f"Known are: {', '.join(OPTIONS)}.")
            raise SettingError(f"AUDITSEARCH['CLIENT'][{name!r}] is no option of the client. {meant}")
        if name == "timeout" and not isinstance(value, int | float | None):
            raise SettingError(f"AUDITSEARCH['CLIENT']['timeout'] is {value!r}; it must be a number of seconds.")
        if name in _FILES and not os.path.exists(value):
            raise SettingError(f"AUDITSEARCH['CLIENT'][{name!r}] names {value}, which does not exist.")
