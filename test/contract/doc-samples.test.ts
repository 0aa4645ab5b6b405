// What the pages show must work: sample configurations load, and paths that are named exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { loadConfig } from '@forebay/shared/config/load-config';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';

const docs = readdirSync(`${repositoryRoot}/docs`, { recursive: true, encoding: 'utf8' });
const rootFiles = readdirSync(repositoryRoot);
const pages = [...rootFiles, ...docs.map((file) => `docs/${file.replaceAll('\\', '/')}`)].filter(
  (file) => file.endsWith('.md'),
);

function read(page: string): string {
  return readFileSync(`${repositoryRoot}/${page}`, 'utf8');
}

/** Configurations are the YAML blocks that begin with the providers. */
const configurations = pages.flatMap((page) =>
  [...read(page).matchAll(/^```yaml\n(providers:[\s\S]*?)^```/gm)].map(([, text = '']) => ({
    page,
    text,
  })),
);

/** Paths into the repository in code style, as far as they are meant literally. */
function pathsIn(page: string): readonly string[] {
  const spans = [...read(page).matchAll(/`((?:packages|test|scripts|docs|examples)\/[^`\s]*)`/g)];
  return spans.map(([, path = '']) => path).filter((path) => !/[<*{]|\/dist\//.test(path));
}

describe('the pages', () => {
  test.each(configurations)('show a configuration that loads, in $page', ({ page, text }) => {
    expect(loadConfig({ path: page, text, env: () => 'http://10.0.0.1/v1' })).toMatchObject({
      kind: 'loaded',
    });
  });

  test('have sample configurations at all', () => {
    expect(configurations.map(({ page }) => page)).toContain('README.md');
  });

  test.each(pages)('name paths that exist, in %s', (page) => {
    expect(pathsIn(page).filter((path) => !existsSync(`${repositoryRoot}/${path}`))).toEqual([]);
  });
});
