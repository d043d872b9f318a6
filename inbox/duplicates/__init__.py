"""Duplicates: fingerprints of copies, proof of participants."""
