"""How the page of a report is opened, from wherever its verdict stands."""

from pathlib import Path

import GafferUI

from filmrecovery.validation.report_folder import ReportFolder


def show(folder: Path | None, parent: GafferUI.Widget) -> None:
    """Opens the page of the report in a folder, or says in a dialogue that there is none yet."""
    with GafferUI.ErrorDialogue.ErrorHandler(title="No report to open", parentWindow=parent.ancestor(GafferUI.Window)):
        page = ReportFolder(folder).page if folder else None
        if page is None or not page.is_file():
            raise RuntimeError("There is no report yet: dispatch Validate first.")
        GafferUI.showURL(page.as_uri())
