"""The pages in a real browser: Chromium drives the example's site, as a person would."""
