"""Delivery: masters, review, sidecars, report and hash list of a recovered shot in one folder."""
