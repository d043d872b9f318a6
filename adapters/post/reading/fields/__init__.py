"""What a letter says of itself, with its evidence. Importing does nothing but define names."""
