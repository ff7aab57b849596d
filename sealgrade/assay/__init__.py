"""How good the hidden tests are: what they catch of wrong work, and what they let pass of right work."""
