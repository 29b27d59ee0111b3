"""Serving: building the front end, the doors (gate, guard, sign-in), and the web server itself.

To add a page, write four small things of the same name and nothing else:

1. ``routes.py``: its path.
2. ``i18n/zh/NAME.py`` and ``i18n/en/NAME.py``: its words (see :mod:`inference_ui.i18n`).
3. ``state/NAME.py``: a subclass of ``rx.State``. A handler parses what the browser sent, calls one
   service with ``context.actor()``, and assigns rows; services block, so call them as
   ``await rx.run_in_thread(partial(product().tasks.list, actor(), …))``. Every public method is an
   endpoint that anybody who is signed in can call with any argument. To follow the engine, call
   ``await live.watch(self, TOPIC)`` in the page's ``on_load`` handler.
4. ``pages/NAME.py``: a function that returns ``frame(t("NAME.title"), …)``, and the ``Page`` that
   ``pages/__init__.py`` lists. Styles of its own go to ``assets/pages/NAME.css``.

The quick loop: ``inference-ui serve`` builds when something that the front end is made of changed
(6 to 10 s) and starts at once otherwise; ``--no-build`` never builds.
"""
