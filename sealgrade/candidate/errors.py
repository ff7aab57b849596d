"""What confinement says when the system will not give it a layer: which one, why, and what to do.

Theory of operation. A layer that cannot be had is never left out in silence: the step that asked for it raises
`ConfinementError`, and whoever started the zygote decides whether a weaker plan will do. The same layer fails for
different reasons on different machines, and the kernel's error number tells them apart: EPERM and EACCES mean that
somebody forbade it (a container, AppArmor), ENOSPC that a limit on namespaces is used up or set to zero, ENOSYS and
EOPNOTSUPP that the kernel is too old or was built or started without it.
"""

import errno
import os

_NAMESPACES = frozenset({"mount", "network", "process"})
_OTHER = ("the kernel refused a step for a reason that was not expected", "Report this, with the line above.")
# (is the layer made of namespaces?, error number) -> (what it means, what to do)
_REASONS = {
    (True, errno.EPERM): (
        "the system does not let this user make namespaces (AppArmor on Ubuntu 24.04, a container, or a setting)",
        "Grade as root, outside of the container, or after `sysctl kernel.apparmor_restrict_unprivileged_userns=0` "
        "(on Debian: `kernel.unprivileged_userns_clone=1`); or accept tier B.",
    ),
    (True, errno.ENOSPC): (
        "the limit on namespaces is zero or used up",
        "Raise it: `sysctl user.max_user_namespaces=10000` (and its fellows under user.max_*); or accept tier B.",
    ),
    (True, errno.EUSERS): ("namespaces are nested too deeply", "Grade outside of some of the containers."),
    (True, errno.ENOSYS): (
        "the kernel is older than 5.12, or its container hides the calls",
        "Grade on a newer kernel, or outside of the container; or accept tier B.",
    ),
    (True, errno.EINVAL): (
        "the process has more than one thread, or the kernel was built without this namespace",
        "Start the zygote with one thread (OPENBLAS_NUM_THREADS=1), and prepare it before anything makes threads.",
    ),
    (False, errno.EPERM): (
        "the system does not let this user do it (often a container's own filter)",
        "Grade outside of the container, or allow the call in its seccomp profile.",
    ),
    (False, errno.ENOSYS): ("the kernel is too old for it, or was built without it", "Grade on a newer kernel."),
    (False, errno.EOPNOTSUPP): (
        "the kernel has it, and was started without it",
        "Add it to the kernel's command line, as in `lsm=landlock,...`.",
    ),
    (False, errno.EACCES): ("a file or folder is not open to this user", "Make it readable to the user that grades."),
}
_REASONS[True, errno.EACCES] = _REASONS[True, errno.EPERM]


class ConfinementError(Exception):
    """A layer of the confinement cannot be had on this system."""

    def __init__(self, layer: str, number: int, step: str, remedy: str = "") -> None:
        """Say what failed.

        Args:
            layer: the layer's name in `Plan.layers`.
            number: the kernel's error number.
            step: what was being done, as "unshare the network".
            remedy: what to do, where the table of usual reasons does not know.
        """
        self.layer, self.number, self.step = layer, number, step
        self.meaning, usual = _REASONS.get((layer in _NAMESPACES, number), _OTHER)
        self.remedy = remedy or usual
        name = errno.errorcode.get(number, str(number))
        super().__init__(f"{layer}: {step}: {os.strerror(number)} ({name}): {self.meaning}. {self.remedy}")
