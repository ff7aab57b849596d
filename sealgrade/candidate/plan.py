"""What a candidate is to be kept from, and with which limits: plain data, made by the examiner, obeyed by the zygote.

Theory of operation. The examiner computes the plan where the course's environment is active, because a zygote started
with `-S` no longer knows where its site-packages are; it sends the plan as JSON. What a candidate can see is a short
list of folders and files that are named one by one, never a prefix or a home: whatever is not on the list does not
exist in its view. A layer can be left out, by name, so that tests can show that each one stops something; the tiers
are such plans too, for systems that cannot give every layer.
"""

import json
import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

MIB = 2**20
GIB = 2**30
# Numbers that systemd's list of user ids leaves to nobody, and that a container with 65536 ids still has.
SLOT_UIDS = range(60_578, 60_706)

_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_SYSTEM_DATA = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_SYSTEM_LINKS = ("/etc/alternatives",)  # Debian's libblas.so.3 is a link into it
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_STORES = ("/nix/store", "/gnu/store")  # where these systems keep every library, and no user's files


class Layer(StrEnum):
    """One layer of the confinement, as `Plan.layers` names it."""

    MOUNT = "mount"  # a root of its own: nothing outside the list of folders exists
    NETWORK = "network"  # a network namespace without any interface
    PROCESS = "process"  # pid, ipc and uts namespaces of its own: no other process can be named
    UID = "uid"  # where root grades: a uid of its own
    CAPABILITIES = "capabilities"  # none left, and none to be had
    LANDLOCK = "landlock"  # what may be done with which file; no TCP; signals only to itself
    SECCOMP = "seccomp"  # the system calls that exist for it
    NO_FORK = "no_fork"  # a rule of seccomp's: no second process
    RLIMITS = "rlimits"  # memory, time, threads, files
    DESCRIPTORS = "descriptors"  # no open file but those it is given
    ENVIRONMENT = "environment"  # no variable but those it is given


ALL_LAYERS = frozenset(str(layer) for layer in Layer)
NAMESPACE_LAYERS = frozenset({str(Layer.MOUNT), str(Layer.NETWORK), str(Layer.PROCESS)})
# D leaves the files, the network and the processes of the user that grades open: only for submissions that are trusted.
TIERS = {
    "A": ALL_LAYERS,
    "B": ALL_LAYERS - NAMESPACE_LAYERS,
    "C": ALL_LAYERS - {str(Layer.LANDLOCK)},
    "D": frozenset({str(Layer.RLIMITS), str(Layer.DESCRIPTORS), str(Layer.ENVIRONMENT)}),
}


@dataclass(frozen=True)
class Plan:
    """The layers of a candidate's confinement, and its limits."""

    layers: frozenset[str] = ALL_LAYERS
    read_only: tuple[str, ...] = ()  # folders and files that it sees
    scratch_bytes: int = 64 * MIB
    scratch_files: int = 2000
    memory_bytes: int = 4 * GIB  # of address space
    cpu_seconds: int = 600
    open_files: int = 128
    threads: int = 64
    file_bytes: int = 64 * MIB
    output: int = 100_000  # characters that a cell prints
    uid: int | None = None  # of the slot, where root grades

    def __post_init__(self) -> None:
        if unknown := self.layers - ALL_LAYERS:
            raise ValueError(f"no such layer: {', '.join(sorted(unknown))}")

    def has(self, layer: Layer) -> bool:
        """Say whether a layer is to be applied."""
        return str(layer) in self.layers

    def without(self, *layers: str) -> "Plan":
        """Leave layers out.

        Args:
            *layers: their names.

        Returns:
            A weaker plan.
        """
        return replace(self, layers=self.layers - set(layers))

    def for_tier(self, tier: str) -> "Plan":
        """Keep the layers of a tier only.

        Args:
            tier: "A", "B", "C" or "D".

        Returns:
            The plan that this tier promises.
        """
        return replace(self, layers=self.layers & TIERS[tier])

    def to_json(self) -> str:
        """Write the plan down, for the zygote."""
        return json.dumps({**asdict(self), "layers": sorted(self.layers)})

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read what `to_json` wrote.

        Args:
            text: from the examiner.

        Returns:
            The same plan.
        """
        fields = json.loads(text)
        return cls(**{**fields, "layers": frozenset(fields["layers"]), "read_only": tuple(fields["read_only"])})


def default_plan(slot: int = 0) -> Plan:
    """Make the plan with every layer, for the environment that this process runs in.

    Args:
        slot: which of the zygotes that run at the same time; gives each a uid of its own where root grades.

    Returns:
        A plan whose folders are the libraries of this Python and of the system, fonts and time zones.
    """
    uid = SLOT_UIDS[slot % len(SLOT_UIDS)] if os.geteuid() == 0 else None
    return Plan(read_only=_existing([*_python_paths(), *_SYSTEM_LIBRARIES, *_SYSTEM_DATA, *_system_paths()]), uid=uid)


def _python_paths() -> list[str]:
    paths = sysconfig.get_paths()
    library = Path(sysconfig.get_config_var("LIBDIR") or "")
    found = [paths["stdlib"], paths["purelib"], paths["platlib"]]
    # With --system-site-packages, or Debian's dist-packages, there are more folders than the two of sysconfig.
    found += [entry for entry in site.getsitepackages() if entry in sys.path]
    extensions = [str(Path(entry).parent) for entry in sys.path if entry.endswith("lib-dynload")]
    found += [f"{folder}/lib-dynload" for folder in extensions]
    if (Path(sys.base_prefix) / "conda-meta").is_dir():
        # conda's own libc++, BLAS, OpenSSL lie here, between nothing but libraries.
        found.append(f"{sys.base_prefix}/lib")
    name = sysconfig.get_config_var("INSTSONAME")
    return [*found, str(library / name)] if name else found


def _system_paths() -> list[str]:
    stores = [store for store in _STORES if sys.base_prefix.startswith(store)]
    return [*_SYSTEM_LINKS, *_DEVICES, *stores]


def _existing(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop what is not there, and what lies in a folder that is in the list anyway."""
    there = dict.fromkeys(os.path.abspath(path) for path in paths if path and os.path.exists(path))  # noqa: PTH100, PTH110
    return tuple(path for path in there if not any(path.startswith(f"{other}/") for other in there))
