"""The student's process: forked for one notebook, confined, thrown away. Imports nothing of sealgrade but the wall."""
