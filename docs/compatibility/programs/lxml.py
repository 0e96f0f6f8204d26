# /// script
# dependencies = ["lxml"]
# ///
from lxml import etree, html

assert html.fromstring("<p>hi</p>").text == "hi"
assert etree.fromstring("<a><b/></a>").xpath("count(//b)") == 1
