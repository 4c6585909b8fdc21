/**
 * A fresh event of the platform's class, or where it has none, a plain event with the same members. What a socket of
 * another library fires may be no `Event` at all, and an event that is being dispatched can not be dispatched again.
 */
export const makeEvent = (
  name: 'Event' | 'MessageEvent' | 'CloseEvent' | 'ErrorEvent',
  type: string,
  members: object = {},
): Event => {
  // Safe: looked up when it is needed, and any of them may be missing.
  const classes = globalThis as unknown as Partial<Record<string, new (type: string, members?: object) => Event>>;
  const Own = classes[name];
  if (Own) return new Own(type, members);
  const { Event: Plain } = classes;
  // Safe: it has what listeners use; the rest of an `Event` is about trees.
  return Object.assign(Plain ? new Plain(type) : ({ type, preventDefault() {} } as Event), members);
};
