export type {
  Direction,
  FaultKind,
  FaultOptions,
  FaultProxy,
  FaultProxyOptions,
} from './fault-proxy.js';
export { faultKinds, startFaultProxy } from './fault-proxy.js';
export { seededRandom } from './random.js';
export type {
  ScriptedCloseEvent,
  ScriptedData,
  ScriptedEvent,
  ScriptedEvents,
  ScriptedMessageEvent,
  ScriptedSockets,
} from './scripted-socket.js';
export { ScriptedSocket, scriptedSockets } from './scripted-socket.js';
export { settlePromises, VirtualClock } from './virtual-clock.js';
export type { VirtualEnvironmentParts } from './virtual-environment.js';
export { virtualEnvironment } from './virtual-environment.js';
