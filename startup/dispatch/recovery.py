# Registers the dispatchers of farms, for a script that has none of this extension's nodes too.

import GafferRecovery  # noqa: F401
