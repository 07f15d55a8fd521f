"""What every room builds on: errors, progress, interruption, files written whole, records, settings as dataclasses.

Imports the standard library and tqdm alone, so that Gaffer's process can import it. Begin with `errors`,
`declared_settings` and `records`.
"""
