# /// script
# dependencies = ["pyzmq"]
# ///
import zmq

with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as other:
    one.bind("inproc://here")
    other.connect("inproc://here")
    other.send(b"hi")
    assert one.recv() == b"hi"
