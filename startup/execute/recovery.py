# Adds the plugs with what a task needs of a farm, for a script that has none of this extension's nodes too.

import GafferRecovery  # noqa: F401
