"""How late this machine was. A program is late because it is slow, or because nobody let it run; a test that holds it to a time
takes off the second, which leaves traces of its own: the kernel counts for every thread how long it was ready to run and did not,
and somebody who wants to be woken every few milliseconds on each processor sees when nothing at all ran there."""

import contextlib
import os
import threading
import time

STEP_S = 0.005
NOTICED_S = 0.005     # what waking takes on a machine that is not late
SAMPLE_S = 0.02
_watchers = []


class Watchers:
    """A thread on each processor that we may use; how long they have overslept, in seconds."""

    def __init__(self):
        self.overslept, self.threads = {processor: 0.0 for processor in os.sched_getaffinity(0)}, set()
        for processor in self.overslept:
            threading.Thread(target=self.watch, args=(processor,), daemon=True).start()

    def watch(self, processor):
        self.threads.add(str(threading.get_native_id()))
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {processor})     # of this thread alone
        while True:
            due = time.monotonic() + STEP_S
            time.sleep(STEP_S)
            late = time.monotonic() - due
            if late > NOTICED_S:
                self.overslept[processor] += late

    def all(self):
        return sum(self.overslept.values())


def _waited_ns(pid):
    """How long each thread of a process has been ready to run and did not; nothing where the kernel does not count it."""
    waited = {}
    with contextlib.suppress(OSError):
        for thread in os.listdir("/proc/%d/task" % pid):
            with contextlib.suppress(OSError, IndexError), open("/proc/%d/task/%s/schedstat" % (pid, thread), encoding="ascii") as file:
                waited[thread] = int(file.read().split()[1])
    return waited


class Lateness:
    """From when it is made on: what the machine kept these processes, and this one, from running, at the most."""

    def __init__(self, *pids):
        if not _watchers:
            _watchers.append(Watchers())
        self.pids, self.waited = {os.getpid(), *pids}, {}
        self.before = 0
        self.before = self.s()

    def s(self):
        """In seconds. A thread that has ended has waited as long as it was last seen to have."""
        for pid in self.pids:
            for thread, waited in _waited_ns(pid).items():
                if thread not in _watchers[0].threads:
                    self.waited[pid, thread] = waited
        return sum(self.waited.values()) / 1e9 + _watchers[0].all() - self.before

    def ms(self):
        return self.s() * 1000


class Course:
    """Lateness over time, for what is measured again and again, and for programs whose threads end before they do: `with Course(pid)
    as course`, and then the most of it that fell into any stretch of so many seconds."""

    def __init__(self, *pids):
        self.late, self.seen, self.ended = Lateness(*pids), [], threading.Event()
        self.sampler = threading.Thread(target=self.sample, daemon=True)

    def begin(self):
        self.sampler.start()
        return self

    def end(self):
        """All of it, in milliseconds."""
        self.ended.set()
        self.sampler.join()
        return self.ms()

    def __enter__(self):
        return self.begin()

    def __exit__(self, *_):
        self.end()

    def sample(self):
        _watchers[0].threads.add(str(threading.get_native_id()))
        while True:
            ended = self.ended.wait(SAMPLE_S)
            self.seen.append((time.monotonic(), self.late.s()))
            if ended:
                return

    def most_ms(self, stretch_s):
        most, first = 0, 0
        for at, late in self.seen:
            # What a sample tells happened since the one before it: the stretch begins with the last one that is out of it.
            while first + 1 < len(self.seen) and self.seen[first + 1][0] < at - stretch_s - SAMPLE_S:
                first += 1
            most = max(most, late - self.seen[first][1])
        return most * 1000

    def ms(self):
        return self.seen[-1][1] * 1000


def family(pid):
    """A process and all that descend from it."""
    children = {}
    for other in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open("/proc/%s/stat" % other, encoding="ascii", errors="replace") as file:
            children.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(other))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def await_end(process, patience_s):
    """Waits for a process without taking it away: what it waited for can still be asked."""
    until = time.monotonic() + patience_s
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > until:
            raise AssertionError("in %d s the program did not end" % patience_s)
        time.sleep(0.001)


def go_first(pid):
    """A simulated device goes before other programs where it may: a real one knows nothing of how busy this machine is."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
