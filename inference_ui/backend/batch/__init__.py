"""The batch client: a program of its own that sends every input of a dataset to an inference
server and writes down what comes back.

Walk → read → send → write the result → append a line. It runs as a child process, as a Job in a
container without the rest of the product, or for anyone with a folder and a URL; so it imports
protocols, records and errors alone. It speaks plain English, in its log and in the journal's error
texts, since both are read without the product's catalogues.

Who does what: ``walk`` lists the dataset, ``feed`` hands out what has no line yet, ``reading``
reads it; ``balance`` knows the servers, ``sender`` calls them through a ``transport`` and decides
what an answer means; ``recorder`` and ``writer`` write it down, ``journal`` keeps the lines whole
over every crash; ``client`` puts them together.
"""
