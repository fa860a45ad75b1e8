import threading
from concurrent.futures import CancelledError, Future

import pytest

from seeinin.state.inbox import Inbox


def test_results_of_workers_arrive_in_the_owning_thread():
    inbox, future, seen = Inbox(), Future(), []
    inbox.deliver(future, lambda value: seen.append((value, threading.current_thread())))
    worker = threading.Thread(target=future.set_result, args=(7,))
    worker.start()
    assert inbox.run_until(lambda: seen, timeout=5)
    worker.join()
    assert seen == [(7, threading.current_thread())]


def test_a_worker_that_fails_is_reported_where_it_is_awaited_and_the_next_call_still_runs():
    inbox, future, seen = Inbox(), Future(), []
    inbox.deliver(future, seen.append)
    future.set_exception(OSError("the disk is gone"))
    inbox.post(lambda: seen.append("next"))
    with pytest.raises(OSError, match="the disk is gone"):
        inbox.run()
    inbox.run()
    assert seen == ["next"]


def test_a_cancelled_request_delivers_nothing():
    inbox, future, seen = Inbox(), Future(), []
    inbox.deliver(future, seen.append)
    assert future.cancel()
    future.set_running_or_notify_cancel()
    superseded = Future()
    inbox.deliver(superseded, seen.append)
    superseded.set_exception(CancelledError())  # as the pool ends work that nobody wants any more
    inbox.run()
    assert not seen


def test_waiting_ends_when_nothing_comes():
    assert not Inbox().run_until(lambda: False, timeout=0.01)
