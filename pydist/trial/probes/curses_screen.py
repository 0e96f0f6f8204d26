"""library.curses: terminals are known, and a screen can be set up."""

from __future__ import annotations

import os
import select

from pydist.trial.probes.say import TASK, done, expect, lacking, problem

if "_curses" in TASK["left_out"]:
    from pydist.trial.probes.say import absent

    absent(TASK["left_out"]["_curses"])
import curses
import curses.panel
import pty

known = []
for name in ("xterm", "xterm-256color", "vt100", "linux", "screen"):
    try:
        curses.setupterm(name, 1)
    except curses.error as error:
        if not any(os.path.isdir(place) for place in ("/usr/share/terminfo", "/lib/terminfo", "/etc/terminfo")):
            lacking("a terminfo database; run: apt install ncurses-base")
        problem("is not known", where=name, found=error)
    else:
        known.append(name)
os.environ["TERM"] = "xterm"
child, terminal = pty.fork()
if child == 0:

    def draw(screen: curses.window) -> None:
        screen.addstr(0, 0, f"Grüße {curses.COLORS}")
        curses.panel.new_panel(screen)
        screen.refresh()

    try:
        curses.wrapper(draw)
    finally:
        os._exit(0)
said = b""
while select.select([terminal], [], [], 10)[0]:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
os.waitpid(child, 0)
expect("text beyond ASCII on a screen", "Grüße 8".encode() in said, True)
done(", ".join(known))
