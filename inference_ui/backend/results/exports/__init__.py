"""Exporting results: one small module a format, each a function from a reader of items to a stream
of bytes. Run by the program ``backend.exporting``; nothing here is held in memory for all items.
"""
