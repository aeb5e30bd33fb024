"""The loop of an adapter: JSON lines in, JSON lines out, several messages at once.

Source: ``docs/conformance-protocol.md``, "Transports".
"""

import json
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable

Message = dict[str, object]
"""A message, or a reply to one."""


class LostReplyError(Exception):
    """No definite reply came; whatever was asked may have happened."""


def serve(answer: Callable[[Message], Message], workers: int) -> None:
    """Answer messages until ``bye`` or the end of input.

    Args:
        answer: Returns the reply to a message, without ``seq``.
        workers: How many messages are worked on at once.
    """
    lock = threading.Lock()
    waiting: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def reply(message: Message) -> None:
        line = json.dumps({**_answered(answer, message), "seq": message.get("seq")}, separators=(",", ":"))
        with lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def work() -> None:
        while True:
            reply(waiting.get())

    for _ in range(workers):
        threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin:
        message: Message = json.loads(line)
        if message.get("cmd") == "bye":
            reply(message)
            return
        waiting.put(message)


def inner(message: Message, name: str) -> Message:
    """Return an object within a message; an empty one where there is none."""
    value = message.get(name)
    return value if isinstance(value, dict) else {}


def listed(message: Message, name: str) -> list[Message]:
    """Return a list of objects within a message; an empty one where there is none."""
    value = message.get(name)
    return value if isinstance(value, list) else []


def _answered(answer: Callable[[Message], Message], message: Message) -> Message:
    try:
        return answer(message)
    except LostReplyError as error:
        return {"outcome": "unknown", "detail": str(error)}
    except BaseException:
        # An adapter that has failed must not say a word about the product: it stops what it started and ends.
        traceback.print_exc()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        raise
