import { describe, expect, test } from 'vitest';
import { nodeIsRecentEnough } from './bootstrap.mjs';

describe('nodeIsRecentEnough', () => {
  test.each(['20.19.0', '20.20.2', '22.0.0', '24.11.1'])('accepts Node %s', (version) => {
    expect(nodeIsRecentEnough(version)).toBe(true);
  });

  test.each(['18.20.8', '20.18.3', '20.9.0'])('refuses Node %s', (version) => {
    expect(nodeIsRecentEnough(version)).toBe(false);
  });
});
