"""Code for the cells of hostile students that several rows need."""

# Names of the wall's in the student's process are found in the frames below a cell's, as a student would find them.
LIBRARY = '''
import ctypes, gc, os, signal, socket, struct, sys, threading, time

def _local(name):
    frame = sys._getframe()
    while frame is not None:
        if name in frame.f_locals:
            return frame.f_locals[name]
        frame = frame.f_back
    return None

_objects, _conversation = _local("objects"), _local("conversation")
_socket = _conversation.channel.socket

def _frame(kind, number, body):
    return struct.pack("<I", len(body) + 5) + kind + struct.pack("<I", number) + body

def _push(data):
    """Send raw bytes to the examiner."""
    sent = 0
    while sent < len(data):
        try:
            sent += _socket.send(data[sent:])
        except BlockingIOError:
            time.sleep(0.001)
        except OSError:
            return

def _asked():
    """The number of the question that is being answered: the examiner counts them."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "_answer" and "number" in frame.f_locals:
            return frame.f_locals["number"]
        frame = frame.f_back

_libc = ctypes.CDLL(None, use_errno=True)

def tried(what, act):
    """Print what comes of an act."""
    try:
        print(what, "->", repr(act())[:2000])
    except BaseException as error:
        print(what, "refused:", type(error).__name__)
'''

WRONG = "\n\ndef add(a, b):\n    return a - b\n"


def in_cell(code: str) -> dict[str, str]:
    """A wrong answer, and before it what is done when the cell runs."""
    return {"one-add": f"{LIBRARY}\n{code}\n{WRONG}"}


def in_call(code: str, result: str = "a - b") -> dict[str, str]:
    """A wrong answer, and what is done when a test calls it."""
    body = "".join(f"    {line}\n" for line in code.strip("\n").splitlines())
    return {"one-add": f"{LIBRARY}\ndef add(a, b):\n{body}    return {result}\n"}


def in_hidden_call(code: str, result: str = "a - b") -> dict[str, str]:
    """The same, but only when the hidden test calls: what takes its time takes it once."""
    body = "".join(f"        {line}\n" for line in code.strip("\n").splitlines())
    return {"one-add": f"{LIBRARY}\ndef add(a, b):\n    if a == 5:\n{body}    return {result}\n"}
