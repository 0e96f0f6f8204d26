"""library.text: encodings, character data, XML, identifiers and locales."""

from __future__ import annotations

import codecs
import locale
import os
import plistlib
import pyexpat
import sys
import time
import unicodedata
import uuid
import xml.dom.minidom
import xml.etree.ElementTree

from pydist.trial.probes.say import TASK, done, expect, refuses

for name, text in (("utf-8", "ß€😀"), ("utf-16", "ß€😀"), ("cp1252", "ß€"), ("shift_jis", "日本"), ("gb18030", "中😀"),
                   ("big5", "中文"), ("euc_kr", "한국"), ("koi8-r", "Привет"), ("idna", "bücher")):  # fmt: skip
    expect("gives back what it was given", codecs.decode(codecs.encode(text, name), name), text, where=name)
expect("names of characters", unicodedata.name("€"), "EURO SIGN")
expect("normal form", unicodedata.normalize("NFD", "é"), "e\u0301")
tree = xml.etree.ElementTree.fromstring("<a b='ü'><c>1</c></a>")
expect("XML", (tree.get("b"), tree.findtext("c")), ("ü", "1"))
expect("DOM", xml.dom.minidom.parseString("<a/>").childNodes[0].nodeName, "a")
expect("property lists", plistlib.loads(plistlib.dumps({"a": [1, b"x"]})), {"a": [1, b"x"]})
bomb = "<!DOCTYPE a [<!ENTITY b '" + "x" * 1000 + "'>" + "".join(
    f"<!ENTITY b{n} '{f'&b{n - 1 if n else str()};' * 30}'>" for n in range(8)) + "]><a>&b7;</a>"  # fmt: skip
refuses("a document that unpacks to millions of characters", xml.etree.ElementTree.ParseError,
        lambda: xml.etree.ElementTree.fromstring(bomb))  # fmt: skip
expect(
    "identifiers", (uuid.uuid1().version, uuid.uuid4().version, uuid.uuid5(uuid.NAMESPACE_DNS, "a").version), (1, 4, 5)
)
expect("names of files are UTF-8", sys.getfilesystemencoding(), "utf-8")
place = f"{TASK['folder']}/Grüße €"
os.mkdir(place)
expect("a folder beyond ASCII", os.listdir(TASK["folder"]), ["Grüße €"])
expect("the C locale", locale.setlocale(locale.LC_ALL, "C"), "C")
os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
time.tzset()
expect("a time zone in words", time.strftime("%H:%M %Z", time.localtime(1_700_000_000)), "23:13 CET")
done(pyexpat.EXPAT_VERSION)
