"""Files by their references in the studio's asset manager, through OpenAssetIO.

Imports film and base, and the packages openassetio and openassetio_mediacreation, the extra `assets`, which need not be
there. Gaffer's own process imports it too. Begin with `resolve` and `register`.
"""
