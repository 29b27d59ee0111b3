"""A Kubernetes cluster.

What is here is pure so far: it reads objects as the API server's JSON has them. ``names`` is the
table of all names that can drift, ``resources`` tells what a resource's name means, ``hami`` and
``smlu`` read what two schedulers write down of the cards they give. ``accelerators`` reads the
cards of a Node object, ``nodes`` the whole of it, ``pods`` what a pod holds or waits for, and
``inventory`` puts nodes and pods together. ``words`` turns what the cluster says into messages.
"""
