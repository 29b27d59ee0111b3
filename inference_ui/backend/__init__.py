"""Everything the product does, in plain Python. Nothing in here knows the web framework."""
