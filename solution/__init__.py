"""The reference solution of Exercise 2, to be read after the deadline.

Four short modules, in the order of the exercise sheet:

- `activations`: `ReLU` and `sigmoid`, each with its derivative (Task 6).
- `by_hand`: the small network of Figure 1, forward and backward, one formula after the other (Task 5).
- `network`: `NeuralNetwork`, which does the same for any number of layers and samples (Task 6).
- `relu_approximation`: a function as a sum of ReLUs, by a linear system and in O(n) (Task 7).

Everywhere a sample is a column: a batch of N samples with d features is an array of shape (d, N).
"""
