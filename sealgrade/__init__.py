"""Auto-graded Jupyter assignments for scientific computing and deep learning, on top of nbgrader."""

__version__ = "0.1.0"
