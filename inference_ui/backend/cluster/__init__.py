"""What runs workloads: local processes, and memory for tests. Nobody but bootstrap picks one."""
