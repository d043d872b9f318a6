"""What the gateway knows: items, readings, routing, norms, duplicates. Plain Python, no I/O."""
