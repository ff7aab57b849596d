"""Starting the zygote, and asking it for candidates."""

import json
import socket
from collections.abc import Sequence
from typing import Any

from sealgrade.candidate.plan import Plan
from sealgrade.candidate.scratch import remove
from sealgrade.errors import SealgradeError
from sealgrade.examiner import process

_START_SECONDS = 120


class ConfinementUnavailable(SealgradeError):  # noqa: N818
    """This machine cannot confine a student's code; the message says what is missing and what can be done."""


def start(plan: Plan, forbidden: tuple[str, ...] = (), trusted: bool = False) -> "Zygote":
    """Start a zygote in the best tier that this machine proves to have.

    Args:
        plan: with every layer.
        forbidden: top-level packages that a student's code must not be able to import.
        trusted: whether tier D, which stops nobody, is good enough.

    Raises:
        ConfinementUnavailable: no tier can be had.
    """
    reasons = []
    for tier in ("A", "B", "C", *("D" if trusted else "")):
        try:
            zygote = Zygote(plan.for_tier(tier), forbidden)
        except ConfinementUnavailable as error:
            reasons.append(f"Tier {tier}: {error}")
            continue
        if zygote.tier <= tier and zygote.findings["libraries"][0] == "proved":
            zygote.refused = reasons
            return zygote
        missing = (f"{name}: {told}" for name, (state, told) in zygote.findings.items() if state == "missing")
        reasons.append(f"Tier {tier}: {'; '.join(missing)}")
        zygote.close()
    raise ConfinementUnavailable(
        "This machine cannot confine students' code, and nothing was run.\n"
        + "\n".join(reasons)
        + "\nOn another machine it may be different (`sealgrade doctor`). To grade work of people whom you trust as "
        "much as yourself, use --trust-submissions."
    )


class Zygote:
    """The running zygote.

    Args:
        plan: how candidates are confined.
        forbidden: top-level packages that a student's code must not be able to import: the course's.

    Raises:
        ConfinementUnavailable: the plan cannot be carried out here.
    """

    def __init__(self, plan: Plan, forbidden: tuple[str, ...] = ()) -> None:
        self._process = process.take() or process.launch()
        self._control = self._process.control
        self._folders: list[str] = []  # of candidates; the zygote removes them, as long as it lives
        self._control.settimeout(_START_SECONDS)
        self._send({"plan": plan.to_json(), "forbidden": forbidden})
        started, _ = self._receive()
        if "error" in started:
            self.close()
            raise ConfinementUnavailable(started["error"])
        self.findings: dict[str, tuple[str, str]] = {name: tuple(told) for name, told in started["findings"].items()}
        self.tier: str = started["tier"]
        self.refused: list[str] = []  # why a better tier could not be had
        self.plan = plan

    def fork(self) -> tuple[socket.socket, int, int, str | None]:
        """Fork a candidate.

        Returns:
            The wall to it; a descriptor of its process; its number for `status_of`; its scratch folder, where that is
            an ordinary one whose size nothing bounds.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._send({"fork": True}, [theirs.fileno()])
            answer, descriptors = self._receive()
        if answer["folder"]:
            self._folders.append(answer["folder"])
        return ours, descriptors[0], answer["pid"], answer["folder"]

    def status_of(self, pid: int) -> int:
        """Return how a candidate that has been killed ended: its exit status, or the negative number of a signal."""
        self._send({"wait": pid})
        status: int = self._receive()[0]["status"]
        return status

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive

    def forget(self, pid: int) -> None:
        """Let a candidate that has been killed end; nobody wants to know how."""
        self._send({"forget": pid})

    def _send(self, order: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)
        except OSError as error:
            raise ConfinementUnavailable("The process that runs students' code has ended.") from error

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1 << 20, 1)
        except TimeoutError:
            data, descriptors = b"", []
        if not data:
            said = self._process.said()
            self.close()
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise ConfinementUnavailable(f"The process that runs students' code has ended: {' '.join(last)}")
        answer: dict[str, Any] = json.loads(data)
        return answer, list(descriptors)

    def close(self) -> None:
        """End the zygote, and with it every candidate."""
        self._process.end()
        for folder in self._folders:
            remove(folder)
