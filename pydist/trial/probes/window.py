"""library.tkinter: a window with text, on a screen that exists in memory only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from pydist.trial.probes.say import TASK, absent, done, expect, lacking

if "_tkinter" in TASK["left_out"]:
    absent(TASK["left_out"]["_tkinter"])
import tkinter

interpreter = tkinter.Tcl()
expect("Tcl computes", interpreter.eval("expr {6 * 7}"), "42")
server = shutil.which("Xvfb")
if server is None:
    lacking("a screen to draw on; run: apt install xvfb")
read, write = os.pipe()
with tempfile.TemporaryFile() as log:
    screen = subprocess.Popen([server, "-displayfd", str(write), "-screen", "0", "640x480x24", "-nolisten", "tcp"],
                              pass_fds=[write], stdout=log, stderr=log)  # fmt: skip
    os.close(write)
    try:
        number = os.read(read, 20).decode().strip()
        if not number:
            lacking("a screen: Xvfb does not start")
        os.environ["DISPLAY"] = f":{number}"
        root = tkinter.Tk()
        label = tkinter.Label(root, text="Grüße €", font=("Helvetica", 20))
        label.pack()
        root.update()
        expect("the text has a width", label.winfo_width() > 20 and label.winfo_height() > 10, True)
        expect("the window is shown", root.winfo_viewable(), 1)
        expect("Tk and Tcl are of one version", tkinter.TkVersion, tkinter.TclVersion)
        root.destroy()
    finally:
        screen.terminate()
        screen.wait(30)
done(f"Tcl/Tk {tkinter.TkVersion}")
