"""Sentences. The catalogues turn codes and keys into words, for pages, REST and command line alike.

* :mod:`.catalogue` reads ``zh/*.py`` and ``en/*.py``. It knows nothing of Reflex.
* :mod:`.text` renders in Python: :func:`text.say`.
* :mod:`.live` renders in the browser: :func:`live.t` and its kin return Vars that follow the
  language of the page.

To add sentences, write a module of the same name into ``zh/`` and ``en/``::

    AREA = "tasks"
    TEXT = {
        "title": "推理任务",
        "failed": "失败 {count, number}",
        "left": "{count, plural, one {# item left} other {# items left}}",
    }

and use them as ``t("tasks.title")``, ``t("tasks.failed", count=State.failed)``. Several modules may
share an area: what the backend says (``errors.Message``) is looked up in the area ``reason`` by its
code, so each part of the backend has a ``reason_….py``. A test compares the two languages.

Placeholders: ``{name}`` text as it is; ``{name, number}`` with separators; ``{name, milli}``
thousandths; ``{name, duration}`` seconds; ``{name, size}`` bytes;
``{name, plural, one {…} other {…}}`` with ``#`` for the number;
``{name, select, a {…} other {…}}``, where what is missing or empty is the case ``none``. A
sentence needs no other braces.
"""
