"""Whether what came in is infected: scanners that stand beside the gateway."""
