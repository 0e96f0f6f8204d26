"""library.readline: completion, and a history that can be read again."""

from __future__ import annotations

import rlcompleter

from pydist.trial.probes.say import TASK, absent, done, expect

if "readline" in TASK["left_out"]:
    absent(TASK["left_out"]["readline"])
import readline

path = f"{TASK['folder']}/history"
for line in ("one", "two words", "drei Wörter", "four"):
    readline.add_history(line)
readline.set_history_length(2)
readline.write_history_file(path)
readline.clear_history()
readline.read_history_file(path)
kept = [readline.get_history_item(number + 1) for number in range(readline.get_current_history_length())]
expect("the history", kept, ["drei Wörter", "four"])
readline.set_completer(rlcompleter.Completer({"interesting": 1}).complete)
completer = readline.get_completer()
expect("completion", completer("interest", 0) if completer else None, "interesting")
done(getattr(readline, "backend", "readline"))
