"""Reading what a task wrote: lines, items, pictures, boxes and answers, as they lie on disk.

Nothing here knows of users, tasks' rows or requests; the services and the programs that work on
results build on it.
"""
