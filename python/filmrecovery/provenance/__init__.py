"""Who recovered what, with which model: headers, sidecars, hash lists, signatures.

Imports training and the rooms below it. Begin with `provenance_record` and `header_keys`.
"""
