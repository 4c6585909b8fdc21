/// <reference lib="esnext.disposable" />

export { type WorkerClockOptions, workerClock } from './worker-clock.js';
