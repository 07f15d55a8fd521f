"""A validation as one page that opens without a network.

Imports validation and the rooms below it. Begin with `assessment` and `write_report`.
"""
