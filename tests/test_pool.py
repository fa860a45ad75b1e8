"""The pool: gestures first, sharing without deadlock, the newest request wins, errors arrive, quick to end."""

import os
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from seeinin.pool import NICE, Latest, Pool, Token, ranges


@pytest.fixture
def one():
    pool = Pool(1)
    yield pool
    assert pool.shutdown()


@pytest.fixture
def two():
    pool = Pool(2)
    yield pool
    assert pool.shutdown()


def test_results_and_errors_reach_the_future(two):
    assert two.now(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        two.later(divmod, 7, 0).result(5)
    assert two.now(divmod, 9, 2).result(5) == (4, 1), "a thread outlives the errors of its jobs"


def test_now_goes_ahead_of_later(one):
    order, gate = [], threading.Event()
    first = one.now(gate.wait, 5)
    jobs = [one.later(order.append, "later 1"), one.later(order.append, "later 2"), one.now(order.append, "now")]
    gate.set()
    for job in (first, *jobs):
        job.result(5)
    assert order == ["now", "later 1", "later 2"]


def test_later_steps_give_way_to_now(one):
    order, started, gate = [], threading.Event(), threading.Event()

    def steps():
        for step in range(3):
            order.append(step)
            started.set()
            gate.wait(5)
            yield
        return "done"

    refining = one.later(steps)
    started.wait(5)
    gesture = one.now(order.append, "now")
    gate.set()
    assert refining.result(5) == "done"
    gesture.result(5)
    assert order == [0, "now", 1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
def test_threads_give_way_to_the_window(one):
    ours, theirs = (
        os.getpriority(os.PRIO_PROCESS, at) for at in (os.getpid(), one.now(threading.get_native_id).result(5))
    )
    assert theirs == min(ours + NICE, 19)


def test_a_pause_holds_up_nobody_and_ends(one):
    order, all_asked = [], threading.Event()

    def steps():
        order.append(("begun", time.monotonic()))
        all_asked.wait(5)
        yield 0.1
        order.append(("goes on", time.monotonic()))

    pausing, later, gesture = one.now(steps), one.later(order.append, ("later", 0)), one.now(order.append, ("now", 0))
    all_asked.set()
    for job in (pausing, later, gesture):
        job.result(5)
    assert [name for name, _ in order] == ["begun", "now", "later", "goes on"]
    assert order[3][1] - order[0][1] >= 0.1


def test_what_is_left_after_a_pause_is_later(one):
    """Also where there is none: other gestures go ahead of the rest of a gesture."""
    order, started, gate = [], threading.Event(), threading.Event()

    def steps():
        started.set()
        gate.wait(5)
        order.append("gesture")
        yield 0.0
        order.append("the rest")

    first = one.now(steps)
    started.wait(5)
    second = one.now(order.append, "another gesture")
    gate.set()
    for job in (first, second):
        job.result(5)
    assert order == ["gesture", "another gesture", "the rest"]


def test_gestures_take_turns(one):
    order, started, gate = [], threading.Event(), threading.Event()

    def steps():
        started.set()
        gate.wait(5)
        for k in range(3):
            order.append(k)
            yield

    long = one.now(steps)
    started.wait(5)
    short, refining = one.now(order.append, "short"), one.later(order.append, "later")
    gate.set()
    for job in (long, short, refining):
        job.result(5)
    assert order == [0, "short", 1, 2, "later"]


def test_shutdown_ends_what_pauses(one):
    def steps():
        yield 60.0

    pausing = one.later(steps)
    one.later(int).result(5)
    assert one.shutdown()
    assert isinstance(pausing.exception(5), CancelledError)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_sharing_calls_every_item_once(threads):
    pool = Pool(threads)
    done = []
    pool.share(done.append, range(100))
    assert sorted(done) == list(range(100))
    pool.shutdown()


def test_jobs_that_share_do_not_wait_for_each_other(two):
    """Each thread is busy with a job that shares work: nobody is free to help, and yet all of it gets done."""
    together = threading.Barrier(2)

    def job(done):
        together.wait(5)
        two.share(done.append, range(50))
        return len(done)

    assert [future.result(5) for future in [two.now(job, []), two.now(job, [])]] == [50, 50]


def test_sharing_ends_with_the_first_error(two):
    def fails(item):
        if item == 3:
            raise ValueError("three")
        time.sleep(0.001)

    with pytest.raises(ValueError, match="three"):
        two.share(fails, range(10_000))


def test_the_newest_request_wins(one):
    latest, entered = Latest(one.later), threading.Event()

    def looks_at_its_token(token: Token):
        entered.set()
        while True:
            token.check()
            time.sleep(0.001)

    old = latest.request(looks_at_its_token)
    assert entered.wait(5)
    waiting = latest.request(lambda token: "never begun")
    new = latest.request(lambda token: "new")
    assert new.result(5) == "new"
    for superseded in (old, waiting):
        with pytest.raises(CancelledError):
            superseded.result(5)


def test_steps_need_not_look_at_their_token(one):
    latest, entered = Latest(one.later), threading.Event()

    def endless(token):
        while True:
            entered.set()
            yield

    old = latest.request(endless)
    assert entered.wait(5)
    assert latest.request(lambda token: "new").result(5) == "new"
    with pytest.raises(CancelledError):
        old.result(5)


def test_shutdown_takes_less_than_a_second():
    pool, entered = Pool(2), threading.Event()

    def endless():
        while True:
            entered.set()
            yield

    jobs = [pool.later(endless) for _ in range(4)]
    assert entered.wait(5)
    begin = time.monotonic()
    assert pool.shutdown()
    assert time.monotonic() - begin < 1
    for job in jobs:
        with pytest.raises(CancelledError):
            job.result(1)
    with pytest.raises(RuntimeError):
        pool.now(print)


def test_ranges_cover_everything_once():
    assert ranges(3, 10, 4) == [(3, 7), (7, 10)]
    assert ranges(5, 5, 4) == []


def test_what_is_held_back_begins_when_it_is_released():
    pool, order = Pool(1), []
    pool.hold()
    held = pool.later(order.append, "later")
    assert pool.now(order.append, "now").result(5) is None
    assert order == ["now"]
    pool.release()
    assert held.result(5) is None
    assert order == ["now", "later"]
    assert pool.shutdown()
