import type { TestProject } from 'vitest/node';
import { buildPackage } from '../support/build-package.js';
import { startRemoteHost } from '../support/remote-host.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the host that does what a page can not: servers, faults, files of the built package. */
    readonly host: string;
  }
}

/** Builds the package and starts the host. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await startRemoteHost(await buildPackage(project.name.replace(/\W+/g, '-').replace(/-$/, '')));
  project.provide('host', host.url);
  return () => host.close();
}
