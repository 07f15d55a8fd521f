"""From raw elements to what to learn from: which frames go together, how they lie over each other, what both show.

Its rooms, each importing only those before it: registration, matching, alignment, curation. Imports film, model,
picture and base.
"""
