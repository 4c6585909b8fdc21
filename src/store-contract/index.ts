export { type StoreCheck, type StoreSubject, storeChecks } from './checks.js';
export { memoryStore } from './memory-store.js';
