"""The language of a notebook: the engine runs Python, whatever the kernel is called."""

from collections.abc import Mapping
from typing import Any

from sealgrade.errors import CourseError


def require_python(metadata: Mapping[str, Any], name: str) -> None:
    """Make sure that an instructor's notebook is one in Python; one that does not say is taken for one.

    What a student's notebook says of its kernel does not matter: editors write there what they like.

    Args:
        metadata: the notebook's.
        name: of the notebook, for the message.

    Raises:
        CourseError: it is in another language.
    """
    language = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    if language and not str(language).lower().startswith(("python", "ipython")):
        raise CourseError(
            f"{name} is in {language!r}, and sealgrade runs Python only. Choose a Python kernel for it in source/ and "
            "release it again, or grade this assignment with nbgrader's own preprocessors."
        )
