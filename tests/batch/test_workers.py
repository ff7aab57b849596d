"""Calls that other processes make."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sealgrade.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(1)
    yield made
    made.close()


def test_a_call_that_was_begun_is_made_by_another_process(workers: Workers) -> None:
    assert workers.begin(os.getpid)() != os.getpid()


def test_what_it_raises_is_raised_where_its_result_is_asked_for(workers: Workers) -> None:
    result = workers.begin(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        result()


def test_where_another_call_ends_the_process_it_is_made_all_the_same(workers: Workers) -> None:
    workers.submit("deadly", os._exit, 3)
    result = workers.begin(len, "four")
    while not workers.is_idle:
        dict(workers.results())
        time.sleep(0.01)

    assert result() == 4


def test_an_executor_of_the_callers_is_not_asked_to_make_it() -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.shutdown()

        assert Workers(1, executor).begin(len, "four")() == 4
