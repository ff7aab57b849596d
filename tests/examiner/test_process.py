"""A zygote's process that is started ahead, for whoever takes it first."""

import os
import select
import socket
from collections.abc import Iterator

import pytest

from sealgrade.candidate.plan import default_plan
from sealgrade.examiner import process
from sealgrade.examiner.zygote import Zygote

_SECONDS = 60


def ends(handle: int) -> bool:
    return bool(select.select([handle], [], [], _SECONDS)[0])


@pytest.fixture
def ahead() -> Iterator[socket.socket]:
    """Where one waits that has been started ahead."""
    process.launch_ahead()
    box = process.box()
    assert box is not None
    yield box
    process.use_box(None)
    box.close()


def test_the_first_one_takes_it_and_can_do_with_it_what_it_wants(ahead: socket.socket) -> None:
    another = ahead.dup()
    zygote = Zygote(default_plan())
    assert zygote.is_alive
    assert zygote.tier
    process.use_box(another)
    assert process.take() is None
    handle = os.dup(zygote._process.handle)
    zygote.close()
    assert ends(handle)
    assert not zygote.is_alive
    os.close(handle)


def test_it_ends_with_the_one_that_has_taken_it(ahead: socket.socket) -> None:
    taken = process.take()
    assert taken is not None
    handle = os.dup(taken.handle)
    taken.let_go()
    assert ends(handle)
    os.close(handle)


def test_it_ends_if_nobody_can_take_it_any_more(ahead: socket.socket) -> None:
    _, (control, handle, errors), _, _ = socket.recv_fds(ahead, 16, 3, socket.MSG_PEEK)
    os.close(control)
    os.close(errors)
    assert not select.select([handle], [], [], 0)[0]
    ahead.close()
    assert ends(handle)
    os.close(handle)


def test_one_that_has_ended_is_not_taken(ahead: socket.socket) -> None:
    _, (control, handle, errors), _, _ = socket.recv_fds(ahead, 16, 3, socket.MSG_PEEK)
    os.close(errors)
    with socket.socket(fileno=control) as held:
        held.shutdown(socket.SHUT_RDWR)
    assert ends(handle)
    os.close(handle)
    assert process.take() is None
