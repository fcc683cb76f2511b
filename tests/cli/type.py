#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Types into an interactive shell on a terminal, and prints what the terminal shows.

type.py TEXT COMMAND...: TEXT is typed when the shell has printed its prompt "READY> "; it goes on when that stands there again, or when
nothing has been printed for a second and WAIT (environment) is in what was. "\\t" in TEXT is the tab key.
"""
import os
import pty
import re
import select
import sys
import time


def read_until(fd, wanted, seconds=60):
    """What is printed until wanted, a regular expression, matches; ends the program when it never does."""
    seen = ""
    end = time.monotonic() + seconds
    while not re.search(wanted, seen):
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"no {wanted!r} in {seen!r}")
        seen += os.read(fd, 65536).decode(errors="replace")
    return seen


def main():
    text, command = sys.argv[1].replace("\\t", "\t"), sys.argv[2:]
    pid, fd = pty.fork()
    if not pid:
        os.environ.update(TERM="dumb", PS1="READY> ", PROMPT="READY> ", COLUMNS="200", LINES="100")
        os.execvp(command[0], command)
    read_until(fd, "READY> ")
    os.write(fd, text.encode())
    print(read_until(fd, os.environ["WAIT"]))
    os.write(fd, b"\x03")
    os.close(fd)
    os.waitpid(pid, 0)


main()
