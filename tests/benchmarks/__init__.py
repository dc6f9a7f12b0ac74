"""Measurements, each printed beside its target: ``python -m tests.benchmarks [NAME …]``."""
