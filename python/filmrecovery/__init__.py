"""Recovery of faded and worn film by small film-specific networks: the engine. Knows nothing of Gaffer."""

__version__ = "0.1.0"
