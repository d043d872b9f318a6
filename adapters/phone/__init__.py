"""Phone: call records, as telephone systems write them."""
