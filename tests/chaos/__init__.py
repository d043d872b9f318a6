"""The spine under random trouble: `python -m tests.chaos` breaks everything around a gateway and counts what is left."""
