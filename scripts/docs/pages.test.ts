import { loadConfig } from '@forebay/shared/config/load-config';
import { errorCatalog, jobErrorCatalog } from '@forebay/shared/domain/error-catalog';
import { jobStates } from '@forebay/shared/domain/job-state';
import { errorClasses } from '@forebay/shared/domain/outcome';
import { describe, expect, test } from 'vitest';
import { configurationPage, exampleConfig } from './configuration.ts';
import { envExample } from './environment.ts';
import { errorsPage } from './errors.ts';
import { lifecyclePage } from './lifecycle.ts';

describe('generated pages', () => {
  test('show an example configuration that loads', () => {
    const env = () => 'http://10.0.0.1:8000/v1';
    const result = loadConfig({ path: 'example.yaml', text: exampleConfig, env });
    expect(result).toMatchObject({ kind: 'loaded' });
  });

  test('describe every key of the configuration', async () => {
    const page = await configurationPage.generate();
    const file = page.slice(0, page.indexOf('## The environment'));
    const rows = file.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(row).not.toMatch(/\| {2}\|$/);
    expect(file).toContain('### `models.<name>.deployments[]`');
    expect(file).toContain('### `routes.<name>.targets[]`');
  });

  test('name every error and every error class', async () => {
    const page = await errorsPage.generate();
    const names = [...Object.keys(errorCatalog), ...Object.keys(jobErrorCatalog), ...errorClasses];
    for (const name of names) expect(page).toContain(`| \`${name}\` |`);
  });

  test('draw every state', async () => {
    const page = await lifecyclePage.generate();
    for (const state of jobStates) expect(page).toMatch(new RegExp(`--> ${state}:`));
  });

  test('give no secret a value in the example environment', async () => {
    const example = await envExample.generate();
    expect(example).toMatch(/^#FOREBAY_KEY_PEPPER=$/m);
    expect(example).toMatch(/^#PORT=8080$/m);
    for (const line of example.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
