"""What the user sees while things are prepared."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

# The second stage goes on counting where the first one stopped.
_start = float(os.environ.setdefault("AFTERSALES_STARTED", repr(time.time())))


class Stop(Exception):  # noqa: N818
    """Nothing can be done without the user; the message says what to do."""


def say(message):
    minutes, seconds = divmod(int(time.time() - _start), 60)
    print(f"[{minutes}:{seconds:02}] {message}", file=sys.stderr, flush=True)


@contextmanager
def step(name):
    say(f"{name} …")
    begun = time.time()
    yield
    say(f"{name}: done in {time.time() - begun:.0f} s")


def run(command, **options):
    """Run quietly; show the output only if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        **options,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-25:])
        raise Stop(f"This failed: {' '.join(map(str, command))}\n{tail}")
    return done.stdout
