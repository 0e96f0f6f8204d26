# /// script
# dependencies = ["gevent"]
# ///
from gevent import monkey

monkey.patch_all()
import socket

import gevent

assert [job.value for job in gevent.joinall([gevent.spawn(lambda n: n * n, n) for n in range(3)])] == [0, 1, 4]
assert socket.getaddrinfo("127.0.0.1", 80)
