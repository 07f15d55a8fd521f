"""A validation as one page that opens without a network.

Imports validation and the rooms below it.
"""
