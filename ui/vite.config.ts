// How the pages are built and, while developing, served.
//
// `base: "./"` makes every URL in the build relative, so that one build works under any path
// prefix. `ARGAND_API` names the server that answers `/api` behind `npm run dev` and
// `npm run preview`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const server = process.env.ARGAND_API ?? 'http://127.0.0.1:9090';
const proxy = Object.fromEntries(['/api', '/-', '/metrics'].map((path) => [path, server]));

// The policy that the pages are built for; see crates/serve/ui.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'";

/** Pages further down than one level name what their links are relative to, as the server has it. */
const deepPages: Plugin = {
  name: 'deep-pages',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((request, response, next) => {
      const levels = (request.url ?? '/').split('?')[0]?.split('/').length ?? 2;
      if (levels <= 2 || !request.headers.accept?.includes('text/html')) return next();
      const page = readFileSync(new URL('dist/index.html', import.meta.url), 'utf8');
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('Content-Security-Policy', policy);
      response.end(page.replace('<head>', `<head><base href="${'../'.repeat(levels - 2)}" />`));
    });
  },
};

// The language package keeps answers in a large LRU cache and asks it for two methods.
const cache = fileURLToPath(new URL('./src/query/editor/lru-cache.ts', import.meta.url));

export default defineConfig({
  base: './',
  plugins: [deepPages],
  resolve: { alias: { 'lru-cache': cache } },
  server: { proxy },
  preview: { proxy, headers: { 'Content-Security-Policy': policy } },
  build: {
    target: 'es2022',
    // No data: URLs, so that files are cached and the policy stays narrow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Fewer and larger files are smaller together, so parts that are loaded at the same time are one file.
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'shared', test: /node_modules\/preact|src\/(lib|parts|api|pages)\b/ },
            { name: 'drawing', test: /src\/plot\// },
            { name: 'more', test: /src\/query\/(graph\/(heat-view|exemplars)|table\/histogram)\.tsx/ },
          ],
        },
      },
    },
  },
});
