"""The verb that delivers a recovered shot."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import (
    WHOLE_HELP,
    Verbs,
    add_element,
    add_elements_options,
    add_provenance_option,
    add_verb,
    elements_of,
    provenance_of,
    whole_element_of,
)
from filmrecovery.picture.aces import DELIVERY_SPACE


def add_deliver(verbs: Verbs) -> None:
    from filmrecovery.delivering.deliver_settings import DeliverSettings
    from filmrecovery.publishing.publish_settings import PublishSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.delivering.deliver import deliver
        from filmrecovery.film.elements.gaps import check_as_long_as

        recovered, elements = whole_element_of(options, "recovered"), elements_of(options)
        if options.frames is None:
            for source in elements["source"]:
                check_as_long_as(recovered, source)
        delivered = deliver(
            from_options(DeliverSettings, options),
            recovered,
            options.folder,
            options.model,
            elements,
            options.pairs,
            options.report,
            provenance_of(options),
        )
        print(f"delivered: {delivered}")
        published_as = from_options(PublishSettings, options)
        if published_as.is_asked_for:
            from filmrecovery.publishing.publish import publish

            for reference in publish(published_as, delivered):
                print(f"published: {reference}")

    text = """deliver a recovered shot: masters, review, sidecars, report and hash list

Everything goes into the folder FOLDER/<film>_<shot>_v<NNN>, which is sealed at the end. Call it again with the same
inputs to continue where it stopped. Other inputs get the next version. No existing file is overwritten. Masters are
ACES2065-1 in half float: zip and dwaa with all channels, aces (strict SMPTE ST 2065-4) with R, G, B and A only. Others
hold R, G and B in whole numbers: dpx of 10 bits, ffv1-10, -12 and -16 in Matroska, prores-4444 and prores-422hq in
MOV. With --publish-as the delivery is also published, as `filmrecovery publish` does."""
    parser = add_verb(verbs, "deliver", action, text)
    add_element(parser, "recovered", DELIVERY_SPACE, text="pattern of the recovered files")
    parser.add_argument("folder", type=Path, help="folder for deliveries")
    parser.add_argument("--frames", help=WHOLE_HELP)
    parser.add_argument(
        "--model",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="models that made the files, in the order in which they worked",
    )
    add_elements_options(parser)
    parser.add_argument(
        "--report",
        type=Path,
        nargs="+",
        default=(),
        metavar="FOLDER",
        help="folders of validations, to be copied, in the order of their models",
    )
    add_provenance_option(parser)
    add_options(parser, DeliverSettings)
    add_options(parser, PublishSettings)


VERBS = (add_deliver,)
