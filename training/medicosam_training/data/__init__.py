"""Scans with their labels, and what is made of them: items of one slice each."""
