"""The verbs that find files through the studio's asset manager, and publish to it."""

import argparse
import dataclasses
from pathlib import Path

from filmrecovery.base.declared_settings import from_options
from filmrecovery.cli.verb import Verbs, add_verb


def add_resolve(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.assets.connection import connect

        connection = connect()
        from filmrecovery.assets.resolve import resolve_pinned

        for asset in resolve_pinned(connection, options.reference):
            print(f"{asset.reference}: {asset.path}")
            print(f"  version: {asset.entity.version or 'unknown'}")
            print(f"  pinned: {asset.entity.reference if asset.is_pinned else 'the asset manager names no version'}")
            print(f"  frames: {asset.frames or 'not stated'}")
            print(f"  space: {asset.space or 'not stated'}")
            for reference in asset.made_of:
                print(f"  made of: {reference}")

    text = """print where the files of assets are, and what the asset manager says of them

Asks the manager of OpenAssetIO that $OPENASSETIO_DEFAULT_CONFIG names. All other verbs take such a reference wherever
they take a file, or the pattern of an element; so does a project file."""
    parser = add_verb(verbs, "resolve", action, text)
    parser.set_defaults(takes_references=True)
    parser.add_argument("reference", nargs="+", help="reference of an asset, as its manager writes it")


def add_publish(verbs: Verbs) -> None:
    from filmrecovery.publishing.publish_settings import PublishSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.publishing.publish import publish

        for reference in publish(from_options(PublishSettings, options), options.folder):
            print(f"published: {reference}")

    text = """publish a delivery: tell the asset manager of its frames, movie, report and models

Only a folder that is as it was sealed is published, and only a recovery that passed its validation, unless you say
--not-passed. The files stay where they are. Each asset gets a new version, which says what it was made of. What is
already the newest version of its asset is not published again."""
    parser = add_verb(verbs, "publish", action, text)
    parser.add_argument("folder", type=Path, help="folder of a delivery, such as deliveries/Film_Shot_v001")
    for field in dataclasses.fields(PublishSettings):
        flag = "--" + field.name.removeprefix("publish_").replace("_", "-")
        help_text = field.metadata["help"]
        if field.default is None:
            parser.add_argument(flag, dest=field.name, default=argparse.SUPPRESS, help=help_text, metavar="REFERENCE")
        else:
            parser.add_argument(flag, dest=field.name, action="store_true", help=help_text)


VERBS = (add_resolve, add_publish)
