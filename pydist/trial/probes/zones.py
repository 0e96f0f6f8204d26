"""library.zoneinfo: the time zones of the system."""

from __future__ import annotations

import datetime
import os
import zoneinfo

from pydist.trial.probes.say import done, expect, lacking

PLACES = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
expect("where zones are looked for", set(PLACES) <= set(zoneinfo.TZPATH), True, where=str(zoneinfo.TZPATH))
if not any(os.path.isfile(f"{place}/Europe/Berlin") for place in PLACES):
    lacking("a time zone database; run: apt install tzdata")
moment = datetime.datetime(2024, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
expect("summer in Berlin", moment.utcoffset(), datetime.timedelta(hours=2))
done(f"{len(zoneinfo.available_timezones())} zones")
