"""Invented letters whose truth is known: written, typeset, damaged and put into files and batches as scanners do."""
