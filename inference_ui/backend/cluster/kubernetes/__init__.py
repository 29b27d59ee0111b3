"""A Kubernetes cluster.

Some of it is pure and reads objects as the API server's JSON has them. ``names`` is the table of
all names that can drift, ``resources`` tells what a resource's name means, ``hami`` and ``smlu``
read what two schedulers write down of the cards they give. ``accelerators`` reads the cards of a
Node object, ``nodes`` the whole of it, ``pods`` what a pod holds or waits for, and ``inventory``
puts nodes and pods together.

The rest talks to the API server. ``kinds`` says where it has what, ``transport`` sets the official
client up, ``connection`` sends requests, ``refusals`` makes errors of what it refuses. ``watching``
follows a kind of object and hands it to ``sinks``; ``caches`` are those that keep nodes and pods,
``own`` those that keep the product's own objects as ``sightings``. ``views`` holds them together.

``cluster`` is the adapter. What it writes are ``manifests`` (with ``cards``, ``placing``,
``mounts`` and ``terms``); what it tells is made by ``observing``, in ``words``; ``logs`` reads what
pods say.
"""
