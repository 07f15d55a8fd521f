"""The training itself: its networks learn step by step, beginning with what is fitted, until they have learnt.

`train` finds what is trained and where; `training_loop` is the loop; `learner` takes a step; `training_state` is what a
checkpoint holds. The others serve these.

Imports the other rooms of training, and film, model, picture and base.

Offers processes (find_place); train (train, train_for).
"""
