#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command on a terminal, types keys, and waits for what the screen shows.

keys.py ROWSxCOLUMNS STEP... -- COMMAND...: a STEP is "?PATTERN" (a regular expression that a line of the screen must come to match), "!PATTERN"
(no line may match any more), "#N:PATTERN" (line N must), "=ROWSxCOLUMNS" (the terminal's new size), "+TEXT" (typed; with the escapes of Python), "x" (the command must
end by itself; its status is this program's) or "h" (the terminal hangs up). Without "x" or "h" at the end the terminal hangs up, too.
The terminal is a small part of an xterm: what ncurses sends for cursor, erasing and scrolling.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

DEADLINE = 120


class Screen:
    """Lines of text as a terminal shows them."""

    def __init__(self, rows, columns):
        self.resize(rows, columns)
        self.rest = ""

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.top, self.bottom = 0, rows - 1
        self.cells = [[" "] * columns for _ in range(rows)]
        self.y = self.x = 0

    def lines(self):
        return ["".join(line).rstrip() for line in self.cells]

    def scroll(self, count):
        blank = [[" "] * self.columns for _ in range(abs(count))]
        part = self.cells[self.top:self.bottom + 1]
        part = (part + blank)[-(self.bottom - self.top + 1):] if count > 0 else (blank + part)[:self.bottom - self.top + 1]
        self.cells[self.top:self.bottom + 1] = part

    def control(self, text, end):
        if text.startswith("?"):
            if end == "h" and text in ("?1049", "?1047"):
                self.resize(self.rows, self.columns)
            return
        numbers = [int(n) if n else 0 for n in text.split(";")] if re.fullmatch(r"[\d;]*", text) else [0]
        first = numbers[0]
        line = self.cells[self.y]
        if end in "Hf":
            self.y, self.x = max(first, 1) - 1, max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif end == "A":
            self.y -= max(first, 1)
        elif end == "B":
            self.y += max(first, 1)
        elif end == "C":
            self.x += max(first, 1)
        elif end == "D":
            self.x -= max(first, 1)
        elif end == "G":
            self.x = max(first, 1) - 1
        elif end == "d":
            self.y = max(first, 1) - 1
        elif end == "J":
            start = 0 if first == 2 else self.y + 1
            for y in range(start, self.rows) if first != 1 else range(self.y):
                self.cells[y] = [" "] * self.columns
            if first == 0:
                line[self.x:] = [" "] * (self.columns - self.x)
        elif end == "K":
            start, stop = (self.x, self.columns) if first == 0 else (0, self.x + 1) if first == 1 else (0, self.columns)
            line[start:stop] = [" "] * (stop - start)
        elif end == "X":
            stop = min(self.x + max(first, 1), self.columns)
            line[self.x:stop] = [" "] * (stop - self.x)
        elif end == "P":
            line[self.x:] = (line[self.x + max(first, 1):] + [" "] * self.columns)[:self.columns - self.x]
        elif end == "@":
            line[self.x:] = ([" "] * max(first, 1) + line[self.x:])[:self.columns - self.x]
        elif end in "LM":
            top, self.top = self.top, self.y
            self.scroll(-max(first, 1) if end == "L" else max(first, 1))
            self.top = top
        elif end in "ST":
            self.scroll(max(first, 1) if end == "S" else -max(first, 1))
        elif end == "r":
            self.top = max(first, 1) - 1
            self.bottom = (numbers[1] if len(numbers) > 1 and numbers[1] else self.rows) - 1
            self.y = self.x = 0
        elif end == "b":
            for _ in range(max(first, 1)):
                self.put(self.last)
        self.y = min(max(self.y, 0), self.rows - 1)
        self.x = min(max(self.x, 0), self.columns - 1)

    def put(self, char):
        self.last = char
        if self.x < self.columns:
            self.cells[self.y][self.x] = char
        self.x += 1

    def feed(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            char = text[at]
            if char == "\x1b":
                found = re.compile(r"\x1b(?:\[([?>0-9;]*)([@-~])|[()][0-9A-B]|[=>78M]|\][^\x07]*\x07)").match(text, at)
                if not found:
                    break
                if found.group(2):
                    self.control(found.group(1), found.group(2))
                at = found.end()
                continue
            if char == "\r":
                self.x = 0
            elif char == "\n":
                if self.y == self.bottom:
                    self.scroll(1)
                else:
                    self.y = min(self.y + 1, self.rows - 1)
            elif char == "\b":
                self.x = max(self.x - 1, 0)
            elif char >= " ":
                self.put(char)
            at += 1
        self.rest = text[at:]


def size_of(text):
    rows, columns = text.split("x")
    return int(rows), int(columns)


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def fail(screen, step):
    print("\n".join(screen.lines()))
    sys.exit(f"not within {DEADLINE} s: {step}")


def read(fd, screen, end):
    """More of what is printed; False when the command has ended."""
    if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
        return True
    try:
        got = os.read(fd, 65536)
    except OSError:
        return False
    screen.feed(got.decode(errors="replace"))
    return bool(got)


def wait_for(fd, screen, step):
    end = time.monotonic() + DEADLINE
    number, pattern = step[1:].split(":", 1) if step[0] == "#" else (None, step[1:])
    while True:
        lines = screen.lines()[int(number) - 1:int(number)] if number else screen.lines()
        if any(re.search(pattern, line) for line in lines) != (step[0] == "!"):
            return
        if time.monotonic() > end or not read(fd, screen, end):
            fail(screen, step)


def main():
    split = sys.argv.index("--")
    steps, command = sys.argv[2:split], sys.argv[split + 1:]
    size = size_of(sys.argv[1])
    pid, fd = pty.fork()
    if not pid:
        set_size(0, *size)
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command)
    screen = Screen(*size)
    for step in steps:
        if step[0] in "?!#":
            wait_for(fd, screen, step)
        elif step[0] == "+":
            os.write(fd, step[1:].encode().decode("unicode_escape").encode())
        elif step[0] == "=":
            set_size(fd, *size_of(step[1:]))
            screen.resize(*size_of(step[1:]))
        elif step == "x":
            end = time.monotonic() + DEADLINE
            while read(fd, screen, end):
                if time.monotonic() > end:
                    fail(screen, step)
            print("\n".join(screen.lines()))
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        elif step == "h":
            break
    print("\n".join(screen.lines()))
    os.close(fd)
    os.waitpid(pid, 0)


main()
