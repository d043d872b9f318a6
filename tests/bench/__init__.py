"""Measures beside yardsticks: `make bench`. One file per capability; each gives rows."""
