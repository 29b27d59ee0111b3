"""The arithmetic of room, the same for every cluster: pure, without I/O, clock or database.

``quantities`` reads and sums amounts, ``cards`` counts and gives cards and slices (``unplaced``:
those of which nobody knows where they are), ``nodes`` says what a node lacks for a request, ``fit``
seats replicas, ``queue`` decides who goes first. What is used is what was asked for, as a scheduler
counts it, not what a process uses at the moment.
"""
