"""The trusted process: it holds the tests, asks the candidate for values, and decides."""
