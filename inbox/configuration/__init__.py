"""Everything a functional administrator decides, as one versioned document."""
