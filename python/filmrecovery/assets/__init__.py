"""Files by their references in the studio's asset manager, through OpenAssetIO.

Imports film and base, and the packages openassetio and openassetio_mediacreation, the extra `assets`, which need not
be there. Gaffer's own process imports it too.

Offers agreement (agreed_frames, agreed_space); asset (Asset); connection (Connection, connect, is_configured,
looks_like_reference); held_versions (HeldVersion, held_in, hold_in, read_held, write_held); library_file (kept);
register (Publication, register, stands_already); resolve (resolve_pinned).
"""
