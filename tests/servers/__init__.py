"""Real servers for the tests, each on free ports of this machine and in a folder of its own."""
