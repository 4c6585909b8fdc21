import { describe, inject, it } from 'vitest';

// What is tested is the built package, with the browser's own IndexedDB and Web Locks.
const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ `${inject('host')}/package/${file}`);
const { indexedDbStore } = (await load('indexeddb-with-idb.js')) as typeof import('../../src/indexeddb/index.js');
const { storeChecks } = (await load('store-contract.js')) as typeof import('../../src/store-contract/index.js');

describe('indexedDbStore()', () => {
  it.each(storeChecks)('$name', ({ run }) => run({ open: (name) => indexedDbStore({ name }), tabs: true }));
});
