"""All guarantees of PROTOCOL.md in Python: python3 full.py 8080. Needs the package websockets, 10.1 or later.

The application, from `authenticate` to `handle`, is the test app of docs/CONFORMANCE.md: put your own there. All is in
memory. It lacks bounds on what a client may send or leave unread, and a deadline for silent clients.
"""

import asyncio
import itertools
import json
import sys
import uuid
from collections import defaultdict, deque
from urllib.parse import parse_qsl, urlsplit

import websockets

IDS = 600_000  # ms for which ids are surely remembered
WRONG_WAY = {"pong", "welcome", "subscribed", "unsubscribed", "reset", "ack", "nack", "goaway"}


class Stream:
    def __init__(self):
        self.epoch, self.head, self.log, self.followers = str(uuid.uuid4()), 0, deque(maxlen=1000), set()

    def publish(self, message):
        self.head += 1
        self.log.append(json.dumps({**message, "seq": self.head}))
        websockets.broadcast(self.followers, self.log[-1])
        return self.head

    async def follow(self, ws, hello, last=None, epoch=None):
        """Says from where the client continues, replays, and goes on live."""
        if last is not None and epoch == self.epoch and last > self.head:
            self.epoch = str(uuid.uuid4())  # our numbers went back
        position = self.head
        if last is not None:
            is_known = epoch in (None, self.epoch) and last <= self.head
            position = max(last if is_known else 0, self.head - len(self.log))
            hello = {**hello, "recovered": self.head - position}
        await ws.send(json.dumps({**hello, "epoch": self.epoch, "seq": position, "contiguous": True}))
        while position < self.head:  # what is published meanwhile belongs to the replay
            missed = self.head - position
            if missed > len(self.log):  # the client reads too slowly: it comes back and is told what it missed
                return await ws.close(1013, "too slow")
            position += 1
            await ws.send(self.log[-missed])
        self.followers.add(ws)  # nothing was awaited since the last look, so nothing is left out or sent twice


STREAMS = defaultdict(Stream)
LINKS = {}  # the newest connection of each client
ANSWERS = {}  # (client, id) -> the task that finds the answer
LATER = set()


def authenticate(token):
    """The principal of a token and None, or None and the code to close with."""
    if token == "banned":
        return None, 4403
    return (token, None) if token in (None, "ann", "bob") else (None, 4401)


def refusal(channel):
    """Why a channel is not given, if it is not."""
    return {"code": "forbidden", "message": "not for you"} if channel == "forbidden" else None


async def handle(message, message_id, link):
    """Handles one message, and returns the ack or nack."""
    kind, channel = message["type"], message.get("channel")
    if kind == "test:refuse":
        return {"type": "nack", "code": "refused", "message": "as you asked"}
    if kind == "test:later" and message_id not in LATER:
        LATER.add(message_id)
        return {"type": "nack", "code": "later", "message": "not now", "retry": True}
    if kind == "test:forget":
        STREAMS[channel].log.clear()
    elif kind == "test:revoke":
        revoked = {"type": "unsubscribed", "channel": channel, "code": "revoked", "message": "as you asked"}
        websockets.broadcast(STREAMS[channel].followers, json.dumps(revoked))
        STREAMS[channel].followers.clear()
    elif kind == "test:goaway":
        await link.goaway(500)
    else:
        if kind == "test:slow":
            await asyncio.sleep(0.3)
        return {"type": "ack", "data": {"seq": STREAMS[channel].publish(message)}}
    return {"type": "ack"}


class Link:
    """One connection."""

    unnamed = itertools.count()

    def __init__(self, ws):
        self.ws, self.tasks, self.is_retired = ws, set(), False
        path = getattr(ws, "request", ws).path  # before websockets 14 the connection itself has it
        self.query = dict(parse_qsl(urlsplit(path).query))
        self.principal, self.refused = authenticate(self.query.get("token"))
        self.who = (self.principal, self.query.get("client", next(self.unnamed)))
        self.conn = to_seq(self.query.get("conn")) or 0

    async def send(self, frame):
        await self.ws.send(json.dumps(frame))

    async def take_over(self):
        """Makes this the only connection of its client. False if there is a newer one."""
        older = LINKS.get(self.who)
        if older is not None and older.conn > self.conn:
            return False
        LINKS[self.who] = self
        if older is not None:
            older.is_retired = True
            await asyncio.gather(*older.tasks)  # what it has begun comes to its end
            self.start(older.ws.close(4409, "taken over"))  # not awaited: that end may be dead
        return LINKS.get(self.who) is self

    async def serve(self):
        if self.refused is not None:
            return await self.ws.close(self.refused, "token refused")
        if not await self.take_over():
            return await self.ws.close(4409, "a newer connection is there")
        welcome = {"type": "welcome", "v": 1, "ids": IDS}
        await STREAMS[None].follow(self.ws, welcome, to_seq(self.query.get("lastSeq")), self.query.get("epoch"))
        async for text in self.ws:
            if self.is_retired:
                return
            await self.read(json.loads(text))

    async def read(self, frame):
        kind, channel = frame["type"], frame.get("channel")
        if not isinstance(kind, str):
            raise TypeError("a type is a string")
        if kind == "ping":
            await self.send({**frame, "type": "pong"})
        elif kind == "auth":
            is_same = authenticate(frame["token"]) == (self.principal, None)
            why = {"type": "ack"} if is_same else {"type": "nack", "code": "unauthorized", "message": "token refused"}
            await self.send({**why, "messageId": frame.get("messageId")})
        elif kind == "subscribe":
            await self.subscribe(channel, frame)
        elif kind == "unsubscribe":
            STREAMS[channel].followers.discard(self.ws)
        elif kind not in WRONG_WAY:
            self.start(self.take(frame))

    async def subscribe(self, channel, frame):
        answer = {"ref": frame.get("ref"), **({} if channel is None else {"channel": channel})}
        STREAMS[channel].followers.discard(self.ws)
        if refusal(channel) is not None:
            return await self.send({"type": "unsubscribed", **answer, **refusal(channel)})
        last = to_seq(frame.get("lastSeq"))
        await STREAMS[channel].follow(self.ws, {"type": "subscribed", **answer}, last, frame.get("epoch"))

    async def take(self, message):
        """Runs each id once; one that comes again gets the same answer, also while the first still runs."""
        message_id = message.pop("messageId", None)
        if message_id is None:
            return await handle(message, None, self)
        key = (self.who, message_id)
        if key not in ANSWERS:
            ANSWERS[key] = asyncio.ensure_future(handle(message, message_id, self))
            asyncio.get_running_loop().call_later(IDS / 1000 + 60, ANSWERS.pop, key, None)
        answer = await ANSWERS[key]
        if "retry" in answer:
            ANSWERS.pop(key, None)
        await self.send({**answer, "messageId": message_id})

    async def goaway(self, within):
        await self.send({"type": "goaway", "within": within})
        asyncio.get_running_loop().call_later(within / 1000 + 0.1, lambda: self.start(self.ws.close(1012)))

    def start(self, work):
        """Runs beside the reading of frames, in the order in which it was begun."""

        async def quietly():
            try:
                await work
            except websockets.ConnectionClosed:
                pass  # the client asks again on its next connection

        task = asyncio.ensure_future(quietly())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def to_seq(value):
    """A safe integer from outside, or None."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


async def serve(ws):
    link = Link(ws)
    try:
        await link.serve()
    except websockets.ConnectionClosed:
        pass
    except (ValueError, KeyError, TypeError, AttributeError):
        await ws.close(1007, "not a frame")
    finally:
        for stream in STREAMS.values():
            stream.followers.discard(ws)
        if LINKS.get(link.who) is link:
            del LINKS[link.who]


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    async with websockets.serve(serve, "127.0.0.1", port) as server:
        print("listening on", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
