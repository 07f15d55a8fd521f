"""Provenance: what was done, to what, by whom and with which model, in the files themselves and beside them."""
