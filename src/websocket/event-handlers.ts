/** The types that have an event handler IDL attribute. */
const HANDLED = ['open', 'error', 'close', 'message'] as const;

/**
 * What was assigned to the `on...` attributes of one socket, and the listener that calls it. It is one listener for all
 * types, so that adding it again changes nothing, and a handler that is replaced keeps its place.
 */
export interface Handlers {
  readonly assigned: Record<string, unknown>;
  handleEvent(event: Event): void;
}

export const createHandlers = (): Handlers => {
  const assigned: Record<string, unknown> = {};
  return {
    assigned,
    handleEvent(event) {
      const handler = assigned[event.type];
      // An object that can not be called is kept, and does nothing. Without a tree the target is the current one.
      if (typeof handler === 'function' && handler.call(event.target, event) === false) event.preventDefault();
    },
  };
};

/**
 * Event handler IDL attributes (HTML section 8.1.8.1): what is no object reads as null, the place among the listeners is
 * that of the first setting, and null gives it up. Whatever `handlersOf` throws for a stranger is the brand check.
 */
export const defineEventHandlers = <T extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>(
  prototype: T,
  handlersOf: (socket: T) => Handlers,
): void => {
  for (const type of HANDLED) {
    const name = `on${type}`;
    const accessor = {
      get [name](): unknown {
        return handlersOf(this as unknown as T).assigned[type] ?? null; // safe: the brand check is within
      },
      set [name](value: unknown) {
        const socket = this as unknown as T; // safe: as above
        const handlers = handlersOf(socket);
        const isObject = Object(value) === value;
        handlers.assigned[type] = isObject ? value : null;
        socket[isObject ? 'addEventListener' : 'removeEventListener'](type, handlers);
      },
    };
    Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(accessor));
  }
};
