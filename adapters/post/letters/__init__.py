"""Notices on paper: rendered once, then handed to whoever prints and posts. Importing does nothing but define names."""
