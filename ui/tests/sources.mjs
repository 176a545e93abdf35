// The pages' own modules, without a browser: Vite loads the TypeScript.
import { after, before } from 'node:test';
import { createServer } from 'vite';

/** Answers what loads a module of `src/`, for the tests of a file. */
export function useSources() {
  let vite;
  before(async () => {
    vite = await createServer({
      root: new URL('..', import.meta.url).pathname,
      logLevel: 'error',
      appType: 'custom',
      server: { middlewareMode: true, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true },
    });
  });
  after(() => vite.close());
  return (path) => vite.ssrLoadModule(`/src/${path}`);
}
