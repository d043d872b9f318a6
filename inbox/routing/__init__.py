"""Routing: rules, matching, deciding."""
