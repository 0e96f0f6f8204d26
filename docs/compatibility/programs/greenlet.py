# /// script
# dependencies = ["greenlet"]
# ///
import greenlet

assert greenlet.greenlet(lambda: 5).switch() == 5
