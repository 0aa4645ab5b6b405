/** Dashboards and alert rules as they are shipped, and the figures that their queries use. */
import { readdirSync } from 'node:fs';
import { listAt, objectAt, readText, readYaml, textAt, valueAt } from './deployment-files.ts';

export interface AlertRule {
  readonly name: string;
  readonly query: string;
  readonly severity: string;
  readonly summary: string;
  /** `docs/operations.md#anchor`. */
  readonly runbook: string;
}

export function readAlerts(): readonly AlertRule[] {
  const groups = listAt(readYaml('deploy/prometheus/alerts.yaml'), 'groups');
  return groups.flatMap((group) =>
    listAt(group, 'rules').map((rule) => ({
      name: textAt(rule, 'alert'),
      query: textAt(rule, 'expr'),
      severity: textAt(rule, 'labels', 'severity'),
      summary: textAt(rule, 'annotations', 'summary'),
      runbook: textAt(rule, 'annotations', 'runbook'),
    })),
  );
}

export interface Dashboard {
  readonly file: string;
  readonly title: string;
  readonly uid: string;
  /** Of the panels, and of the variables at the top. */
  readonly queries: readonly string[];
}

const dashboardFolder = 'deploy/grafana/dashboards';

export function readDashboards(): readonly Dashboard[] {
  return readdirSync(new URL(`../../${dashboardFolder}`, import.meta.url)).map((file) => {
    const content: unknown = JSON.parse(readText(`${dashboardFolder}/${file}`));
    const panels = listAt(content, 'panels').filter((panel) => valueAt(panel, 'type') !== 'row');
    const variables = listAt(content, 'templating', 'list').filter(
      (variable) => valueAt(variable, 'type') === 'query',
    );
    return {
      file,
      title: textAt(content, 'title'),
      uid: textAt(content, 'uid'),
      queries: [
        ...panels.flatMap((panel) => listAt(panel, 'targets').map((each) => textAt(each, 'expr'))),
        ...variables.map((variable) => textAt(objectAt(variable, 'query'), 'query')),
      ],
    };
  });
}

/** Names of figures in a query, as they stand there: of histograms with their ending. */
export function figuresIn(query: string): readonly string[] {
  const withoutTexts = query.replaceAll(/"[^"]*"/g, '""');
  return [...withoutTexts.matchAll(/\b(?:forebay|process|nodejs)_\w+/g)].map(([name]) => name);
}

/** Labels that a query asks of each figure: `[figure, label]`. */
export function labelsIn(query: string): readonly (readonly [figure: string, label: string])[] {
  return [...query.matchAll(/\b(forebay_\w+)\{([^}]*)\}/g)].flatMap(
    ([, figure = '', inside = '']) =>
      [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(
        ([, label = '']): readonly [string, string] => [figure, label],
      ),
  );
}
