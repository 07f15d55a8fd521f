"""Whether an element is whole and what it was: frames that fit each other, and hashes of files and of content.

Imports film.elements, film.frames, picture and base.

Offers code_range (sampled_problem); content_hash (file_hashes, picture_hashes); hash_list (CHAIN_NAME, FOLDER_NAME,
HashedFile, History, Reference, hash_file, known_formats, read_history, write_generation); parity (check_element,
check_headers, check_parity, check_values, raise_problems).
"""
