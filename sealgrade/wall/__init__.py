"""The wall between the examiner and the candidate: data-only messages on a socket. Nothing here runs what it reads."""
