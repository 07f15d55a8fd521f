"""The assets that a delivery is published as. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class PublishSettings:
    """References of the entities that get a new version. OpenAssetIO leaves it to people to say where things belong."""

    publish_as: str | None = setting(
        None, "reference of the asset that the master frames become a version of, the first encoding of several"
    )
    publish_movie_as: str | None = setting(None, "the same for the movie")
    publish_report_as: str | None = setting(None, "the same for the report, of several the last")
    publish_models_as: str | None = setting(
        None, "the same for the models, a reference for each in their order, with blanks between"
    )
    publish_not_passed: bool = setting(False, "publish also what did not pass its validation, or was not validated")

    @property
    def is_asked_for(self) -> bool:
        """Whether anything is to be published."""
        return any((self.publish_as, self.publish_movie_as, self.publish_report_as, self.publish_models_as))
