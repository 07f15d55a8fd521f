"""The training itself: its networks learn step by step, beginning with what is fitted, until they have learnt.

Imports the other rooms of training, and film, model, picture and base.

Offers processes (find_place); train (train, train_for).
"""
