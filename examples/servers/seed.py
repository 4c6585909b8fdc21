"""Liveness, resume and epoch in Python: python3 seed.py 8080. Needs the package websockets, 10.1 or later.

All is in memory. It lacks bounds on what a client may send or leave unread, and tokens.
"""

import asyncio
import json
import sys
import uuid
from urllib.parse import parse_qsl, urlsplit

import websockets

EPOCH = str(uuid.uuid4())  # the life of this process
LOG = []  # all messages as they went out; the number of each is its place, from 1
FOLLOWERS = set()


def publish(message):
    LOG.append(json.dumps({**message, "seq": len(LOG) + 1}))
    websockets.broadcast(FOLLOWERS, LOG[-1])


async def follow(ws):
    """Says from where the client continues, replays, and goes on live."""
    path = getattr(ws, "request", ws).path  # before websockets 14 the connection itself has it
    query = dict(parse_qsl(urlsplit(path).query))
    position, last = len(LOG), query.get("lastSeq", "")
    if last.isdecimal():
        is_known = query.get("epoch", EPOCH) == EPOCH and int(last) <= len(LOG)
        position = int(last) if is_known else 0
    await ws.send(json.dumps({"type": "welcome", "epoch": EPOCH, "seq": position}))
    while position < len(LOG):  # what is published meanwhile belongs to the replay
        await ws.send(LOG[position])
        position += 1
    FOLLOWERS.add(ws)  # nothing was awaited since the last look, so nothing is left out or sent twice


async def serve(ws):
    try:
        await follow(ws)
        async for text in ws:
            frame = json.loads(text)
            if frame.get("type") == "ping":
                await ws.send(json.dumps({**frame, "type": "pong"}))
            elif frame.get("type") == "chat":
                publish({"type": "chat", "text": frame.get("text")})
    except (ValueError, AttributeError):
        await ws.close(1007, "not a frame")
    except websockets.ConnectionClosed:
        pass
    finally:
        FOLLOWERS.discard(ws)


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    async with websockets.serve(serve, "127.0.0.1", port) as server:
        print("listening on", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
