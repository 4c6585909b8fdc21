/** The platform's exception of that name; where there is none (React Native), an error that has the name. */
export const domException = (name: string, message: string): Error =>
  globalThis.DOMException ? new DOMException(message, name) : Object.assign(new Error(message), { name });
