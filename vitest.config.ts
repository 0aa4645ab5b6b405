import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Imports of a sibling package resolve to its TypeScript source, so tests need no build of ours.
// `module`, `node` and `development|production` are Vite's own defaults for code run by Node.
const conditions = ['forebay-source', 'module', 'node', 'development|production'];
const resolve: ViteUserConfig = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...resolve,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
          testTimeout: 20_000,
          // No test changes a module: loading all anew for each file cost most of their time.
          isolate: false,
        },
      },
      {
        ...resolve,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 20_000,
          isolate: false,
        },
      },
      {
        ...resolve,
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/contract/**', 'test/support/**', 'test/proofs/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file starts its own Redis and processes; more at once starve each other of CPU.
          // One file more than two cores need runs while others wait for a lease to end.
          maxWorkers: 3,
          // Projects with different worker counts must run one after the other.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
