"""The words of the command line: which commands there are, and what each takes. What they do stands in `gateway.commands`."""
