import { describe, expect, it } from 'vitest';
import { type NetState, reactNativeLifecycle } from '../../examples/react-native/lifecycle.js';
import { answerPings, framesOf, openClient, waitOf } from '../support/scripted-client.js';

/** A phone that the test plays. */
const phone = () => {
  const appListeners = new Set<(state: string) => void>();
  const netListeners = new Set<(state: NetState) => void>();
  let net: NetState = { type: 'wifi', isConnected: true, details: { ipAddress: '10.0.0.2' } };
  return {
    lifecycle: reactNativeLifecycle(
      {
        addEventListener(_, listener) {
          appListeners.add(listener);
          return { remove: () => void appListeners.delete(listener) };
        },
      },
      {
        addEventListener(listener) {
          netListeners.add(listener);
          listener(net);
          return () => void netListeners.delete(listener);
        },
      },
    ),
    app(state: string): void {
      for (const listener of appListeners) listener(state);
    },
    net(change: Partial<NetState>): void {
      net = { ...net, ...change };
      for (const listener of netListeners) listener(net);
    },
    get listeners() {
      return appListeners.size + netListeners.size;
    },
  };
};

const listen = (device: ReturnType<typeof phone>) => {
  const told: string[] = [];
  return { told, stop: device.lifecycle((signal) => told.push(signal)) };
};

describe('reactNativeLifecycle', () => {
  it('tells what the app does, and nothing of a glance at something else', () => {
    const device = phone();
    const { told } = listen(device);
    for (const state of ['inactive', 'background', 'inactive', 'active']) device.app(state);
    expect(told).toEqual(['hidden', 'visible']);
  });

  it('tells of the network when it changes, and not of how it is at first', () => {
    const device = phone();
    const { told } = listen(device);
    expect(told).toEqual([]);
    device.net({ isConnected: null });
    device.net({ type: 'none', isConnected: false, details: null });
    device.net({ isConnected: false });
    device.net({ type: 'cellular', isConnected: true });
    device.net({ type: 'cellular', isConnected: true });
    expect(told).toEqual(['offline', 'online']);
  });

  it('tells at once that there is none', () => {
    const device = phone();
    device.net({ type: 'none', isConnected: false, details: null });
    expect(listen(device).told).toEqual(['offline']);
  });

  it('tells of another network of the same kind or of another, without a time offline', () => {
    const device = phone();
    const { told } = listen(device);
    device.net({ details: { ipAddress: '10.0.0.3' } });
    device.net({ type: 'cellular', details: null });
    expect(told).toEqual(['network', 'network']);
  });

  it('stops', () => {
    const device = phone();
    const { told, stop } = listen(device);
    expect(device.listeners).toBe(2);
    stop();
    device.app('active');
    device.net({ isConnected: false });
    expect(device.listeners).toBe(0);
    expect(told).toEqual([]);
  });

  it('brings an app back at once whose socket the system took in the background', async () => {
    const device = phone();
    const client = await openClient({ lifecycle: device.lifecycle }, { onCreate: answerPings });
    device.app('background');
    client.clock.jump(600_000);
    device.app('active');
    expect(framesOf(client.net.last, 'ping')).not.toEqual([]);
    client.net.last.drop();
    expect(waitOf(client)).toBeLessThan(200);
  });
});
