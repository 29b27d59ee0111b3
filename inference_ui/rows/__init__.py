"""View rows: what a page shows, and pure functions that make it from models. One module a page.

A row is a frozen dataclass of plain values (text, numbers, times as seconds since 1970) and of
codes; sentences are made from the codes by ``i18n``, in the browser. Nothing here asks a service,
reads a file or a clock, or knows Reflex: a test needs a model and nothing else.
"""
