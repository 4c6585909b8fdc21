import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { TabWorld, type WorldTab } from '../../support/tab-world.js';

type Act = 'join' | 'leave' | 'other' | 'say' | 'freeze' | 'wake' | 'close' | 'crash' | 'read' | 'wait';
const ACTS: readonly Act[] = [
  'join',
  'leave',
  'other',
  'say',
  'say',
  'freeze',
  'wake',
  'close',
  'crash',
  'read',
  'wait',
];
const scripts = fc.array(fc.record({ act: fc.constantFrom(...ACTS), seat: fc.nat({ max: 2 }) }), {
  minLength: 20,
  maxLength: 120,
  size: 'max',
});

/** Plays the server's side of the room to whatever sockets there are: a subscription goes on where its socket stands. */
class Room {
  head = 0;
  readonly #world: TabWorld;
  readonly #cursors = new WeakMap<object, number>();
  /** Sockets that have used the cursor which they came with: it is for the first subscription alone. */
  readonly #begun = new WeakSet<object>();

  constructor(world: TabWorld) {
    this.#world = world;
  }

  work(): void {
    for (const { socket, hung } of this.#world.tabs) {
      if (!socket || socket.over || hung) continue;
      if (!socket.channels.has('room')) {
        this.#cursors.delete(socket);
        continue;
      }
      const inherited = socket.continuation?.cursors.find(({ channel }) => channel === 'room')?.seq;
      let cursor = this.#cursors.get(socket) ?? (this.#begun.has(socket) ? undefined : inherited);
      this.#begun.add(socket);
      if (cursor === undefined) {
        cursor = this.head;
        socket.told({ do: 'step', channel: 'room', to: { seq: cursor, epoch: 'r' } });
      }
      while (cursor < this.head) {
        cursor += 1;
        const message = { type: 'talk', n: cursor };
        socket.told({ do: 'step', channel: 'room', to: { seq: cursor, epoch: 'r' }, message });
      }
      this.#cursors.set(socket, cursor);
    }
  }
}

describe('a channel of tabs that come, go and crash', () => {
  test.prop([scripts], { numRuns: 200 })(
    'is heard once and in order, or with a gap, from each subscription',
    (script) => {
      const world = new TabWorld();
      const room = new Room(world);
      const seats: WorldTab[] = [world.open(), world.open(), world.open()];
      const heard = new Map<WorldTab, number[]>();
      const inRoom = new Set<WorldTab>();
      const collect = (): void => {
        for (const tab of world.tabs) {
          const own = heard.get(tab) ?? [];
          own.push(...tab.heard.splice(0));
          if (inRoom.has(tab)) heard.set(tab, own);
        }
      };
      const rest = (): void => {
        for (let i = 0; i < 3; i++) {
          world.settle();
          room.work();
        }
        world.settle();
        collect();
      };
      rest();
      let others = 0;
      for (const { act, seat } of script) {
        const tab = seats[seat] as WorldTab;
        if (act === 'join' && tab.present && !inRoom.has(tab)) {
          inRoom.add(tab);
          heard.set(tab, []);
          tab.heard.length = 0;
          world.input(tab, { type: 'subscribe', channel: 'room' });
        } else if (act === 'leave' && tab.present && inRoom.delete(tab)) {
          heard.delete(tab);
          world.input(tab, { type: 'unsubscribe', channel: 'room' });
        } else if (act === 'other' && tab.present)
          world.input(tab, { type: 'subscribe', channel: `other ${others++}` });
        else if (act === 'say') room.head += 1;
        else if (act === 'freeze') world.leave(tab, 'freeze');
        else if (act === 'wake') world.comeBack(tab);
        else if (act === 'close' || act === 'crash') {
          if (act === 'close') world.close(tab);
          else world.crash(tab);
          inRoom.delete(tab);
          seats[seat] = world.open();
        } else if (act === 'read') rest();
        else world.pass(300);
        room.work();
        collect();
      }
      for (const tab of seats) world.comeBack(tab);
      rest();
      room.head += 1;
      rest();
      for (const tab of inRoom) {
        const numbers = (heard.get(tab) ?? []).map(Math.abs);
        const [first = 0] = numbers;
        expect({ tab: tab.name, numbers }).toEqual({ tab: tab.name, numbers: numbers.map((_, i) => first + i) });
        expect(numbers.at(-1)).toBe(room.head);
      }
    },
  );
});
