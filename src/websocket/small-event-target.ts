interface Registered {
  readonly listener: EventListenerOrEventListenerObject;
  readonly once: boolean | undefined;
}

/**
 * An event target without a tree, for engines that have none. A listener that throws stops nobody. Of the options it
 * knows `once`, and no event is stopped.
 */
export class SmallEventTarget {
  readonly #registered: Record<string, Registered[] | undefined> = {};

  addEventListener(type: string, listener: Registered['listener'] | null, options?: AddEventListenerOptions): void {
    const list = this.#registered[type] ?? [];
    if (!listener || list.some((one) => one.listener === listener)) return;
    this.#registered[type] = [...list, { listener, once: options?.once }];
  }

  removeEventListener(type: string, listener: Registered['listener'] | null): void {
    this.#registered[type] = this.#registered[type]?.filter((one) => one.listener !== listener);
  }

  dispatchEvent(event: Event): boolean {
    // An event of somebody's polyfill may have its own idea of these.
    for (const name of ['target', 'currentTarget'])
      Object.defineProperty(event, name, { value: this, configurable: true });
    for (const one of this.#registered[event.type] ?? []) {
      // Removed by a listener before it.
      if (!this.#registered[event.type]?.includes(one)) continue;
      const { listener, once } = one;
      if (once) this.removeEventListener(event.type, listener);
      try {
        if (typeof listener === 'function') listener.call(this, event);
        else listener.handleEvent(event);
      } catch (error) {
        // As the platform reports it: to whoever looks after what nobody caught.
        setTimeout(() => {
          throw error;
        });
      }
    }
    return !event.defaultPrevented;
  }
}
