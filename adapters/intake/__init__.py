"""Intake: what a website, desk, app or area table hands in through the API, as bytes and back."""
