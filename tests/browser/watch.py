"""What a browser complains of."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request, Response


class Watch:
    """Collects errors of scripts and the console, violations of the policy, dialogs, failures, visits elsewhere."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.complaints: list[str] = []

    def over(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self.said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self.asked)
        page.on("requestfailed", self.failed)
        page.on("request", self.requested)
        page.on("response", self.answered)

    def said(self, message: ConsoleMessage) -> None:
        """Note warnings and errors; what the network answers is noted by itself."""
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"console {message.type}: {message.text}")

    def asked(self, dialog: Dialog) -> None:
        """No page of ours asks so: a script of somebody else runs."""
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def failed(self, request: Request) -> None:
        """Note what got no answer, unless the page itself gave it up, or saved it."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def requested(self, request: Request) -> None:
        """Nothing is asked of anybody else."""
        if not request.url.startswith((self.site + "/", "data:", "blob:")):
            self.complaints.append(f"elsewhere: {request.url}")

    def answered(self, response: Response) -> None:
        """A 400 is an answer to a wrong question; anything else that is refused is a fault."""
        if response.status > 400 and not response.url.endswith("/favicon.ico"):
            self.complaints.append(f"{response.status}: {response.url}")
