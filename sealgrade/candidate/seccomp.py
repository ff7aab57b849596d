"""The filter of system calls, assembled as classic BPF and installed for good.

Theory of operation. The program looks at the architecture first: a call in another ABI (32-bit on x86_64) has other
numbers, so it ends the process; so does a number with the x32 bit. Then a balanced tree of comparisons over the
numbers finds the answer of `filter_rules.py` in eight or nine steps, whatever the call; calls that are judged by their
arguments jump to a small block behind the tree. A number that no table knows is refused (EPERM), and one above the
newest that was known gets ENOSYS.

The arguments are compared by their low 32 bits, because the kernel itself reads them as 32-bit integers; where it reads
a pointer, both halves are looked at. A filter sees no memory, so a rule never depends on what a pointer points at.

The program is made once, in the zygote; the number of the candidate's process is put in after the fork. No layer comes
after this one: it forbids what the others need. It asks for no_new_privs, which `confinement.py` has set by then.
"""

import ctypes
import struct
from collections.abc import Mapping, Sequence

from . import kernel
from .filter_rules import ALLOW, ANSWERS, ENOSYS, EPERM, KILL, OWN_PID, Check, Rule, rules
from .plan import Layer, Plan
from .syscalls import AUDIT_ARCH, NEWEST, NUMBERS, X32_BIT, machine

_LOAD, _AND, _JUMP, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_SECCOMP_SET_MODE_FILTER = 1
_LIMIT = 4096  # instructions that the kernel takes

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, k


class Program:
    """A filter whose own-process rules wait for the number of the process."""

    def __init__(self, instructions: Sequence[Instruction]) -> None:
        """Take the instructions.

        Args:
            instructions: with `OWN_PID` where the number of the process is to stand.
        """
        self.instructions = tuple(instructions)
        # Packed before the fork, since it takes longer than to install it. Process 1 is what a pid namespace gives.
        self._packed = {1: self._pack(1)}

    def packed(self, pid: int) -> bytes:
        """Write the program as the kernel reads it.

        Args:
            pid: the candidate's number, as it sees itself.

        Returns:
            An array of struct sock_filter.
        """
        return self._packed.get(pid) or self._pack(pid)

    def _pack(self, pid: int) -> bytes:
        words = [word for code, yes, no, k in self.instructions for word in (code, yes, no, pid if k == OWN_PID else k)]
        return struct.pack("=" + "HBBI" * len(self.instructions), *words)


def program(plan: Plan, arch: str | None = None) -> Program:
    """Assemble the filter of a plan.

    Args:
        plan: its layers decide on sockets and processes.
        arch: a key of `syscalls.NUMBERS`; this machine's if not given.

    Returns:
        The program.

    Raises:
        ConfinementError: there is no table for this machine.
    """
    arch = arch or machine()
    named: dict[str, int | tuple[Rule, ...]] = {**ANSWERS}
    named.update(rules(network=plan.has(Layer.NETWORK), no_fork=plan.has(Layer.NO_FORK)))
    answers = {NUMBERS[arch][name]: answer for name, answer in named.items() if name in NUMBERS[arch]}
    head = [(_LOAD, 0, 0, _ARCH), (_IF_EQUAL, 1, 0, AUDIT_ARCH[arch]), _give(KILL), (_LOAD, 0, 0, _NUMBER)]
    if arch == "x86_64":
        head += [(_IF_AT_LEAST, 0, 1, X32_BIT), _give(KILL)]
    instructions = [*head, *_tree_and_blocks(answers)]
    assert len(instructions) <= _LIMIT
    return Program(instructions)


def install(layer_program: bytes) -> None:
    """Put the calling thread, and all threads that it will make, under a filter.

    Args:
        layer_program: from `Program.packed`.

    Raises:
        ConfinementError: the kernel does not take it.
    """
    buffer = ctypes.create_string_buffer(layer_program, len(layer_program))
    header = struct.pack("@HP", len(layer_program) // 8, ctypes.addressof(buffer))
    kernel.call(Layer.SECCOMP, "install the filter", "seccomp", _SECCOMP_SET_MODE_FILTER, 0, header)


def _give(answer: int) -> Instruction:
    return (_RETURN, 0, 0, answer)


def _tree_and_blocks(answers: Mapping[int, int | tuple[Rule, ...]]) -> list[Instruction]:
    starts, found = [0], [answers.get(0, EPERM)]
    for number in range(1, NEWEST + 1):
        answer = answers.get(number, EPERM)
        if answer != found[-1]:
            starts.append(number)
            found.append(answer)
    starts.append(NEWEST + 1)
    found.append(ENOSYS)
    # A leaf is one instruction: the answer, or a jump to a block, whose distance is known when the tree is made.
    blocks: dict[tuple[Rule, ...], list[Instruction]] = {
        rule: _block(rule) for rule in found if isinstance(rule, tuple)
    }
    code, leaves = _tree(starts, found, 0)
    place = len(code)
    for rule, block in blocks.items():
        for leaf, wanted in leaves.items():
            if wanted == rule:
                code[leaf] = (_JUMP, 0, 0, place - leaf - 1)
        code += block
        place += len(block)
    return code


def _tree(
    starts: Sequence[int], found: Sequence[int | tuple[Rule, ...]], at: int
) -> tuple[list[Instruction], dict[int, tuple[Rule, ...]]]:
    """Make a search tree; give its code and the places of the leaves that have to become jumps to blocks."""
    if len(starts) == 1:
        answer = found[0]
        return ([_give(answer)], {}) if isinstance(answer, int) else ([_give(KILL)], {at: answer})
    middle = len(starts) // 2
    low, low_leaves = _tree(starts[:middle], found[:middle], at + 2)
    high, high_leaves = _tree(starts[middle:], found[middle:], at + 2 + len(low))
    # Conditional jumps reach 255 instructions only, so the far one is a jump of its own.
    branch = [(_IF_AT_LEAST, 0, 1, starts[middle]), (_JUMP, 0, 0, len(low))]
    return [*branch, *low, *high], {**low_leaves, **high_leaves}


def _block(choices: tuple[Rule, ...]) -> list[Instruction]:
    code: list[Instruction] = []
    for rule in choices:
        sections = [_section(check) for check in rule.checks]
        length = sum(map(len, sections)) + 1
        at = 0
        for section in sections:
            at += len(section)
            # The last instruction of a section leads to the next rule.
            code += [*section[:-1], (_JUMP, 0, 0, length - at)]
        code.append(_give(rule.answer))
    return [*code, _give(EPERM)]


def _section(check: Check) -> list[Instruction]:
    """Fall out at the end if the check holds; the last instruction is where it does not."""
    offset = _ARGUMENTS + 8 * check.argument + (4 if check.high else 0)  # both architectures are little-endian
    code: list[Instruction] = [(_LOAD, 0, 0, offset)]
    if check.mask != 0xFFFF_FFFF:
        code.append((_AND, 0, 0, check.mask))
    many = len(check.values)
    code += [(_IF_EQUAL, many - i, 0, value) for i, value in enumerate(check.values)]
    return [*code, (_JUMP, 0, 0, 0)]


__all__ = ["ALLOW", "Instruction", "Program", "install", "program"]
