import * as library from '../../src/index.js';
import { smoke } from './smoke.js';

/** For workerd: each request runs the smoke once, with the host's address as its path, and is answered by the report. */
const worker: { fetch(request: Request): Promise<Response> } = {
  async fetch(request) {
    const host = new URL(request.url).searchParams.get('host') ?? '';
    return Response.json(await smoke(library, host));
  },
};

export default worker;
