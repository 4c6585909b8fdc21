export type AnyWebSocket = typeof WebSocket;
/** What may be asked of the native class and of ours; the answers must be equal. */
export type Question = (Socket: AnyWebSocket, server: string) => unknown;
export type Questions = Readonly<Record<string, Question>>;

/** What a call answers, or the kind of what it throws. */
export const outcome = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error instanceof DOMException ? `DOMException ${error.name}` : `${(error as Error).constructor.name}`;
  }
};

/** Makes a socket, answers what of it is asked for, and closes it. */
export const made =
  (...args: unknown[]): Question =>
  (Socket) =>
    outcome(() => {
      const socket = new (Socket as new (...args: unknown[]) => WebSocket)(...args);
      socket.close();
      return [socket.url, socket.protocol, socket.extensions, socket.binaryType, socket.bufferedAmount];
    });

export const once = (socket: EventTarget, type: string): Promise<Event> =>
  new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
export const opened = async (socket: WebSocket): Promise<WebSocket> => {
  await once(socket, 'open');
  return socket;
};

/** Everything that a socket tells until its end, with the members of its events. */
export const journal = async (
  socket: WebSocket,
  act: (socket: WebSocket, event: Event) => void,
): Promise<unknown[]> => {
  const lines: unknown[] = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, (event) => {
      const { data, origin, lastEventId, ports, source } = event as MessageEvent;
      const { code, reason, wasClean } = event as CloseEvent;
      lines.push([
        Object.prototype.toString.call(event),
        [event.type, event.bubbles, event.cancelable, event.target === socket, event.eventPhase],
        [typeof data === 'string' ? data : Object.prototype.toString.call(data), origin, lastEventId, ports, source],
        [code, reason, wasClean],
        // Of what was just sent some may still wait, by chance.
        [socket.readyState, event.type === 'message' || socket.bufferedAmount, socket.protocol, socket.url],
      ]);
      act(socket, event);
    });
  }
  await once(socket, 'close');
  lines.push(socket.readyState === 0 ? 3 : socket.readyState);
  socket.close();
  return lines;
};
