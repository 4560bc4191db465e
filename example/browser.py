"""A browser: cookies, forms with their CSRF token, redirects. Nothing of Django."""

import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar


class UnexpectedAnswerError(Exception):
    """The shop answered otherwise than the day's story says; the message says what, and what came instead."""


class Browser:
    """What one person has open: pages of one site, and its cookies."""

    def __init__(self, site):
        self.site = site
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path, expect=200):
        """Open a page and return its text."""
        return self._open(path, None, expect)[1]

    def send(self, path, form, expect=200, stays=False):
        """Send a form. One that is accepted leads to another page; one that is refused `stays`."""
        token = next((cookie.value for cookie in self.cookies if cookie.name == "csrftoken"), "")
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **form}).encode()
        url, text = self._open(path, data, expect)
        if expect == 200 and (url == self.site + path) != stays:
            raise UnexpectedAnswerError(f"the form at {path} was {'accepted' if stays else 'refused'}:\n{text[:2000]}")
        return text

    def _open(self, path, data, expect):
        try:
            with self.opener.open(self.site + path, data, timeout=30) as answer:
                status, url, text = answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, url, text = error.code, error.url, error.read().decode()
        if status != expect:
            raise UnexpectedAnswerError(f"{path} answered {status} instead of {expect}:\n{text[:2000]}")
        return url, text
