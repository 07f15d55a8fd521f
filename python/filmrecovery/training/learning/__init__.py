"""The training itself: its networks learn step by step, beginning with what is fitted, until they have learnt.

Begin with `train`, which finds what is trained and where, and `training_loop`, the loop; `learner` takes a step;
`training_state` is what a checkpoint holds. The others serve these.

Imports the other rooms of training, and film, model, picture and base.
"""
