"""One candidate, seen from the examiner: questions, answers, time, and the end.

Theory of operation. Whatever goes wrong on the student's side (the process ends, does not answer in time, says what the
protocol does not allow, sends too much) is a *fault*. A fault is a `BaseException`: no `except Exception` in a test can
take it for an ordinary failure that might even prove something, and it sticks: every further question raises it again.
After a fault the process is killed; a new one is built by running the student's cells again.
"""

import contextlib
import os
import select
import signal
from collections.abc import Callable, Sequence
from itertools import count
from time import monotonic
from typing import Any, NoReturn
from weakref import WeakValueDictionary

from sealgrade.candidate.scratch import holds_more
from sealgrade.examiner import forms
from sealgrade.examiner.allowance import Allowance, host_pid
from sealgrade.examiner.exposure import Exposures
from sealgrade.examiner.fault import Fault, how_it_ended
from sealgrade.examiner.handles import Handle, Root, handle_class, number_of
from sealgrade.examiner.seen import Seen
from sealgrade.examiner.snapshots import snapshot
from sealgrade.examiner.told_lines import ToldLines
from sealgrade.examiner.vocabulary import Vocabulary
from sealgrade.examiner.zygote import Zygote
from sealgrade.wall.abilities import IS_CLASS, SPECIAL
from sealgrade.wall.channel import Channel, Closed, OutOfTime
from sealgrade.wall.conversation import Breach, Conversation, ToldError
from sealgrade.wall.decoder import Decoder
from sealgrade.wall.encoder import Encoder, yours
from sealgrade.wall.exceptions import KNOWN, describe, rebuild
from sealgrade.wall.format import Reference

MAX_QUESTIONS = 2_000_000  # of a cell, callbacks included
MAX_BYTES = 1 << 30  # received for a cell

_PIECE = 1 << 24
_SECONDS_TO_END = 5.0  # that a process has which has closed its end of the wall
_FIGURES = {"Figure", "SubFigure", "Axes", "Axes3D", "PolarAxes", "Line2D", "Text", "Legend", "XAxis", "YAxis"}
_processes = count()
_ABILITIES = (1 << len(SPECIAL)) - 1 | IS_CLASS


def _say_little(error: BaseException, stood_in: bool) -> Any:
    """What a student is told of an exception in a function of a test: not its message, which may quote the test.

    But what Python says of types and operators alone is of what the student's code has passed; numbers, shapes and
    names are the test's as well.
    """
    names, _, message, _ = describe(error)
    if stood_in:
        return names, None, "raised by a right version of this, which stood in for yours", ""
    speaks = KNOWN.get(type(error).__name__) is type(error) and forms.is_of_types(message, Vocabulary().knows)
    return names, None, message if speaks else "raised by a function of the test", ""


class Candidate:
    """A process in which a student's cells run.

    Args:
        zygote: forks the process.
        hear_output: takes what a cell puts out.
        patience: seconds that it has to answer an interrupt.
    """

    def __init__(self, zygote: Zygote, hear_output: Callable[[Any], None], patience: float) -> None:
        self._zygote = zygote
        self._patience = patience
        self._pass_on = hear_output
        self.cells = ToldLines()
        socket, self._pidfd, self._pid, self._folder = zygote.fork()
        self.time = Allowance(host_pid(self._pidfd))
        self._channel = Channel(socket)
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._released: set[int] = set()
        self._alive, self._reaped = True, False
        self.exposures = Exposures()
        self.seen = Seen()
        self.changes = next(_processes) << 40  # another number as soon as the student's code may have changed a value
        self.has_shown_a_figure = False  # to a test, or a part of one
        self.fault: Fault | None = None
        self._conversation = Conversation(
            self._channel,
            Encoder(self._refer),
            Decoder(self._handle, self.exposures.find),
            self._answer_callback,
            lambda error: _say_little(error, self.exposures.stood_in(error)),
            self._hear_output,
            Decoder(),
        )
        self.start_cell(3600)

    def start_cell(self, seconds: float) -> None:
        """Give a new cell its time.

        Args:
            seconds: of CPU time for the student's code; twice as many if it sleeps.
        """
        self.time.start(seconds)
        self._deadline = monotonic() + seconds
        self._questions = 0
        self._bytes = self._channel.received
        self.seen.start_cell()
        self.exposures.withdraw()

    def perform(self, operation: str, *arguments: Any) -> Any:
        """Ask the student's process to do something with its objects.

        Returns:
            Plain data, in which lists and dicts write through, or a handle.

        Raises:
            Exception: what the student's code has raised, as the builtin of that name.
            Fault: the process did not answer as it should.
        """
        self.changes += 1
        return self._understand(self._ask(operation, arguments))

    def perform_all(self, steps: Sequence[tuple[Any, ...]]) -> tuple[list[Any], BaseException | None]:
        """Ask for several things in one question.

        Returns:
            What came of each, up to the first that raised something, and what that raised.
        """
        self.changes += 1
        answer = self._ask("steps", (steps,))
        if not (isinstance(answer, list) and len(answer) == 2 and isinstance(answer[0], list)):
            self._misfit()
        results, told = answer
        if len(results) > len(steps) or (told is None) != (len(results) == len(steps)):
            self._misfit()
        return [self._understand(result) for result in results], None if told is None else self._rebuilt(told)

    def _misfit(self) -> NoReturn:
        self._end(Fault("protocol", "sent an answer that does not fit the question"))

    def lookup(self, *names: str) -> list[Any]:
        """Return, for each of the student's names, a list with its value, empty if there is none."""
        found = self._ask("lookup", names)
        if not isinstance(found, list) or len(found) != len(names):
            self._misfit()
        return [[] if answer is None else [self._understand(answer)] for answer in found]

    def run(self, source: str, label: str, draws: bool = True) -> bool:
        """Run a cell of the student's; return whether it ran to its end.

        Args:
            source: its code.
            label: how the student knows it.
            draws: whether its figures are to be drawn; if not, it is only told that there are some.
        """
        self.changes += 1
        number = self.cells.add(label, source)
        return self.cells.ended(number, self._ask_without_errors("run", (source, number, draws)) is True)

    def give_a_sign_of_life(self) -> None:
        """Raise the fault, if the process has come to one meanwhile."""
        self._ask_without_errors("lookup", ())

    def _ask_without_errors(self, operation: str, arguments: Any) -> Any:
        """Ask what has no error for an answer: what a cell raises stays in its outputs."""
        try:
            return self._ask(operation, arguments)
        except BaseException as error:
            if not hasattr(error, "student_line"):  # a fault, or the instructor's Ctrl-C
                raise
            # SystemExit, for one, would end the grading of the class.
            self._end(Fault("protocol", "changed what runs the cells"))

    def start(self, seed: int, files: dict[str, bytes]) -> None:
        """Seed the random numbers and write the assignment's files into the scratch folder."""
        self._ask_without_errors("start", (seed,))
        for name, content in files.items():
            for start in range(0, max(1, len(content)), _PIECE):
                self._ask_without_errors("write", (name, content[start : start + _PIECE]))

    def _ask(self, operation: str, arguments: Any) -> Any:
        if self.fault is not None:
            raise self.fault
        self._count()
        released = tuple(self._released)
        self._released.clear()
        self.time.begin_turn()
        try:
            number = self._conversation.put((operation, released, arguments), self._deadline)
            return self._await(number)
        except Closed:
            self._end(Fault("died", "ended Python"))
        finally:
            self.time.end_turn()

    def _await(self, number: int) -> Any:
        """Wait for an answer: as long as there is CPU time left, then for the answer to an interrupt."""
        while True:
            try:
                return self._conversation.await_answer(number, self._next_look())
            except ToldError as error:
                raise self._rebuilt(error.told) from None
            except OutOfTime:
                plan = self._zygote.plan
                if self._folder and holds_more(self._folder, plan.scratch_files, plan.scratch_bytes):
                    self._end(Fault("flood", "wrote too many files, or too much into them"))
                if self.time.left() <= 0:
                    self._interrupt(number)
                self._deadline = self.time.next_look()
            except Closed:
                self._end(Fault("died", "ended Python"))
            except Breach:  # which one is the student's choice, and could say what a hidden test has handed in
                self._end(Fault("protocol", "sent what the protocol does not allow"))

    def _next_look(self) -> float:
        """When to stop waiting for a moment; a scratch folder that nothing bounds is looked at twice a second."""
        return min(self._deadline, monotonic() + 0.5) if self._folder else self._deadline

    def _interrupt(self, number: int) -> NoReturn:
        late = Fault("timeout", f"took longer than {self.time.seconds:g} seconds")
        before = sum(self.time.spent())
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGINT)
            while True:
                with contextlib.suppress(OutOfTime):
                    self._conversation.await_answer(number, monotonic() + self._patience)
                    break
                if sum(self.time.spent()) - before >= self._patience:
                    raise OutOfTime
        except ToldError:
            pass  # KeyboardInterrupt, as a rule
        except (OutOfTime, Closed, Breach, ProcessLookupError):
            late = Fault("timeout", f"took longer than {self.time.seconds:g} seconds and could not be interrupted")
            self._end(late)
        self.fault = late
        raise late

    def recover_from_timeout(self) -> bool:
        """Go on with a process that has answered an interrupt; return whether it is alive."""
        if self._alive and self.fault is not None and self.fault.kind == "timeout":
            self.fault = None
        return self.fault is None

    def _end(self, fault: Fault) -> NoReturn:
        if fault.kind == "died":
            fault = Fault("died", self._how_it_ended())
        self.close()
        self.fault = fault
        raise fault

    def _how_it_ended(self) -> str:
        if not select.select([self._pidfd], [], [], _SECONDS_TO_END)[0]:
            return "cut its connection"
        self._reaped = True
        return how_it_ended(self._zygote.status_of(self._pid))

    def close(self) -> None:
        """End the process."""
        if not self._alive:
            return
        self._alive = False
        if not self._reaped:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._zygote.forget(self._pid)
        os.close(self._pidfd)
        self.time.close()
        self._channel.socket.close()

    def _count(self) -> None:
        self._questions += 1
        if self._questions > MAX_QUESTIONS or self._channel.received - self._bytes > MAX_BYTES:
            self._end(Fault("flood", "sent too many messages, or too much data"))

    def _refer(self, value: Any) -> bytes:
        if isinstance(value, Handle):
            return yours(number_of(value))
        return self.exposures.refer(value)

    def _handle(self, reference: Reference) -> Handle:
        known = self._handles.get(reference.number)
        if known is None:
            root = self._root(reference.number)
            known = handle_class(reference.abilities & _ABILITIES)(root, reference.type_name)
            self._handles[reference.number] = known
            self.has_shown_a_figure |= reference.type_name in _FIGURES
            self.seen.heard.hear(reference.type_name)
        return known

    def _root(self, number: int) -> Root:
        self._released.discard(number)
        return Root(number, self.perform, self._released.add)

    def _understand(self, answer: Any) -> Any:
        if not (isinstance(answer, tuple) and len(answer) == 2 and type(answer[1]) is int):
            self._misfit()
        value, root = answer
        self.seen.add(value)
        return snapshot(value, self._root(root)) if root else value

    def _answer_callback(self, question: Any) -> bytes:
        self._count()
        try:
            number, method, args, kwargs = question
            ok = type(number) is int and isinstance(method, str | None) and type(args) is tuple and type(kwargs) is dict
        except (TypeError, ValueError):
            ok = False
        if not ok:
            raise Breach("a question that makes no sense")
        self.seen.heard.hear((args, kwargs))  # a test may tell what its function was called with
        self.time.end_turn()  # it waits for this process
        try:
            # The answer is data only: what a function of the test's returns must not become one more thing to call.
            return Encoder().encode(self.exposures.call(number, method, args, kwargs))
        except Exception as error:
            failure = error
        finally:
            self.time.begin_turn()
        raise failure  # not through the context, which sets attributes of it: an exception may refuse them

    def seed(self, module: str, value: Any) -> None:
        """Seed the student's random numbers as a test has just seeded its own."""
        self._ask("seed", (module, value))

    def _hear_output(self, message: Any) -> None:
        self._count()
        self._pass_on(message)

    def _rebuilt(self, told: Any) -> BaseException:
        try:
            error = rebuild(told)
        except ValueError:
            self._end(Fault("protocol", "sent what the protocol does not allow"))
        error.student_line = self.cells.line(getattr(error, "student_line", ""))  # type: ignore[attr-defined]
        self.seen.add_error(error)
        return error
