"""The benchmark: the batch client against its peers on the machine at hand. See README.md here."""
