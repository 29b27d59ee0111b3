"""Catalogue. One module an area; see :mod:`inference_ui.i18n`."""
