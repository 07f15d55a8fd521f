"""Whether an element is whole and what it was: frames that fit each other, and hashes of files and of content.

Imports film.elements, film.frames, picture and base. Begin with `parity`.
"""
