import type { TestProject } from 'vitest/node';
import { buildPackage } from '../support/build-package.js';
import { startRemoteHost } from '../support/remote-host.js';
import { bundleWithIdb } from '../support/with-idb.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the host that does what a page can not: servers, faults, files of the built package. */
    readonly host: string;
  }
}

/** Builds the package and starts the host. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await buildPackage(project.name.replace(/\W+/g, '-').replace(/-$/, ''));
  await bundleWithIdb(folder);
  const host = await startRemoteHost(folder);
  project.provide('host', host.url);
  return () => host.close();
}
