"""Call records: from the rows of a telephone system to calls."""
