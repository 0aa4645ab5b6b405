/** Dashboards, alert rules and scrape settings agree with each other, the pages and the figures. */
import { describe, expect, test } from 'vitest';
import {
  listAt,
  objectAt,
  readText,
  readYaml,
  textsAt,
  valueAt,
} from '../support/deployment-files.ts';
import { figuresIn, labelsIn, readAlerts, readDashboards } from '../support/monitoring-files.ts';

const alerts = readAlerts();
const dashboards = readDashboards();

/** Figures with their labels, from the page that is made from what the processes register. */
function registeredLabels(): ReadonlyMap<string, ReadonlySet<string>> {
  const rows = [...readText('docs/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm)];
  const labels = new Map<string, Set<string>>();
  for (const [, name = '', type, cell = ''] of rows) {
    const own = [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '');
    const names =
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
    for (const each of names) labels.set(each, new Set([...(labels.get(each) ?? []), ...own]));
  }
  return labels;
}

function anchorsOf(page: string): readonly string[] {
  return [...readText(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

describe('alert rules', () => {
  test('have names of their own, a severity, a summary and a section that says what to do', () => {
    expect(alerts.length).toBeGreaterThan(15);
    expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
    const anchors = anchorsOf('docs/operations.md');
    for (const { name, severity, summary, runbook } of alerts) {
      expect(['critical', 'warning'], name).toContain(severity);
      expect(summary, name).toMatch(/[.?]$/);
      const [page = '', anchor = ''] = runbook.split('#');
      expect(page, name).toBe('docs/operations.md');
      expect(anchors, name).toContain(anchor);
    }
  });

  test('leave no section for alerts without a rule', () => {
    const named = new Set(alerts.map(({ runbook }) => runbook.split('#')[1]));
    const sections = anchorsOf('docs/operations.md').filter((anchor) =>
      anchor.startsWith('alert-'),
    );
    expect(sections.filter((anchor) => !named.has(anchor))).toEqual([]);
  });
});

describe('queries', () => {
  const queries = [
    ...alerts.map(({ name, query }) => ({ where: name, query })),
    ...dashboards.flatMap(({ file, queries: all }) => all.map((query) => ({ where: file, query }))),
  ];

  test('ask for figures that are registered, and for labels that these have', () => {
    const registered = registeredLabels();
    // Prometheus adds these when it scrapes, and gives each bucket its bound.
    const added = ['instance', 'job', 'le'];
    for (const { where, query } of queries) {
      const own = figuresIn(query).filter((name) => name.startsWith('forebay_'));
      for (const name of own) expect([...registered.keys()], where).toContain(name);
      for (const [figure, label] of labelsIn(query)) {
        const known = [...(registered.get(figure) ?? []), ...added];
        expect(known, `${where}: ${query}`).toContain(label);
      }
    }
    expect(queries.flatMap(({ query }) => labelsIn(query)).length).toBeGreaterThan(30);
  });

  test('never add up figures of the whole store over the dispatchers that show them', () => {
    const storeWide = /\bsum(?: by \([^)]*\))? ?\((forebay_(?:store|lane|permits_|due|outbox)\w*)/;
    for (const { where, query } of queries) {
      if (/rate|increase/.test(query)) continue;
      expect(query, where).not.toMatch(storeWide);
    }
  });
});

test('dashboards have titles and ids of their own, and together show what alerts judge', () => {
  expect(dashboards.map(({ uid }) => uid).toSorted()).toEqual([
    'forebay-jobs',
    'forebay-processes',
  ]);
  const shown = new Set(dashboards.flatMap(({ queries }) => queries.flatMap(figuresIn)));
  const judged = new Set(alerts.flatMap(({ query }) => figuresIn(query)));
  expect([...judged].filter((name) => !shown.has(name))).toEqual([]);
});

test('Prometheus reads the rules, and scrapes every process that the compose file starts', () => {
  const settings = readYaml('deploy/prometheus/prometheus.yaml');
  expect(textsAt(settings, 'rule_files')).toEqual(['alerts.yaml']);
  const targets = listAt(settings, 'scrape_configs').flatMap((job) =>
    listAt(job, 'static_configs').flatMap((group) => textsAt(group, 'targets')),
  );
  const services = objectAt(readYaml('docker-compose.yml'), 'services');
  const started = Object.keys(services).flatMap((name) => {
    const environment = valueAt(services, name, 'environment');
    const port = valueAt(environment, 'WORKER_METRICS_PORT') ?? valueAt(environment, 'ADMIN_PORT');
    return typeof port === 'string' ? [`${name}:${port}`] : [];
  });
  expect(started.length).toBeGreaterThanOrEqual(3);
  expect(targets).toEqual(started);
});
