"""A small control plane of Kubernetes for tests, spoken to over real HTTP.

It is a double, not a mock: it knows nothing of the product, and answers as a real API server does
as far as the parity checks and the product's own use go.
"""
