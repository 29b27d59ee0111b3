"""inference-ui: run a model over a folder of data, and look at the results."""

__version__ = "0.1.0"
