"""How Exercise 2 is marked: what the hidden tests of the notebooks call.

A test cell names the function, the networks and the inputs; what is right, and what follows rightly from a student's
own earlier mistake, is decided here. The modules call, read and compare; they never change the student's names.
"""
