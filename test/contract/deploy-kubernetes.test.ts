/** The Kustomize base and its example agree with each other and with the code. */
import { loadConfig } from '@forebay/shared/config/load-config';
import type { Json, JsonObject } from '@forebay/shared/domain/json';
import { describe, expect, test } from 'vitest';
import {
  listAt,
  objectAt,
  readResources,
  readText,
  readYaml,
  sourceOfMain,
  stopSecondsMin,
  textAt,
  textsAt,
  unknownVariables,
  valueAt,
  yamlFilesIn,
} from '../support/deployment-files.ts';

const folder = 'deploy/kubernetes';
const resources = [...readResources(`${folder}/base`), ...readResources(`${folder}/redis`)];
const workloads = resources.filter((each) => valueAt(each, 'spec', 'template') !== undefined);
const own = workloads.filter((each) => nameOf(each) !== 'forebay-redis');

function listOrNone(value: unknown, ...path: readonly string[]): readonly Json[] {
  return valueAt(value, ...path) === undefined ? [] : listAt(value, ...path);
}

function nameOf(resource: JsonObject): string {
  return textAt(resource, 'metadata', 'name');
}

function ofKind(kind: string): readonly JsonObject[] {
  return resources.filter((each) => each['kind'] === kind);
}

function containerOf(workload: JsonObject): JsonObject {
  const [container, ...more] = listAt(workload, 'spec', 'template', 'spec', 'containers');
  expect(more).toEqual([]);
  return objectAt(container);
}

function labelsOf(workload: JsonObject): JsonObject {
  return objectAt(workload, 'spec', 'template', 'metadata', 'labels');
}

/** Workloads that a selector picks. */
function pickedBy(selector: JsonObject): readonly string[] {
  const wanted = Object.entries(selector);
  return workloads
    .filter((each) => wanted.every(([label, value]) => labelsOf(each)[label] === value))
    .map(nameOf);
}

describe('the Kustomize base', () => {
  test.each(['base', 'redis'])('lists every file of %s', (part) => {
    const listed = textsAt(readYaml(`${folder}/${part}/kustomization.yaml`), 'resources');
    const there = yamlFilesIn(`${folder}/${part}`).filter((file) => file !== 'kustomization.yaml');
    expect(new Set(listed)).toEqual(new Set(there));
  });

  test('runs api, pool and dispatcher', () => {
    const expected = ['forebay-api', 'forebay-dispatcher', 'forebay-pool'];
    expect(own.map(nameOf).toSorted()).toEqual(expected);
    for (const workload of own) {
      const command = textsAt(containerOf(workload), 'command').join(' ');
      expect(sourceOfMain(command), nameOf(workload)).toMatch(/^packages\/(api|worker)\//);
    }
  });

  test.each(own.map((each) => [nameOf(each), each] as const))(
    'selects its own pods and gives them time to stop: %s',
    (_, workload) => {
      const selector = objectAt(workload, 'spec', 'selector', 'matchLabels');
      expect(pickedBy(selector)).toEqual([nameOf(workload)]);
      const seconds = valueAt(
        workload,
        'spec',
        'template',
        'spec',
        'terminationGracePeriodSeconds',
      );
      expect(Number(seconds)).toBeGreaterThanOrEqual(stopSecondsMin);
    },
  );

  test.each(workloads.map((each) => [nameOf(each), each] as const))(
    'runs %s without privileges, with probes, and mounts what it declares',
    (_, workload) => {
      const container = containerOf(workload);
      const pod = objectAt(workload, 'spec', 'template', 'spec');
      expect(valueAt(pod, 'securityContext', 'runAsNonRoot')).toBe(true);
      expect(valueAt(container, 'securityContext', 'readOnlyRootFilesystem')).toBe(true);
      expect(valueAt(container, 'securityContext', 'capabilities', 'drop')).toEqual(['ALL']);
      const volumes = listOrNone(pod, 'volumes');
      const claims = listOrNone(workload, 'spec', 'volumeClaimTemplates').map((claim) =>
        textAt(claim, 'metadata', 'name'),
      );
      const declared = [...volumes.map((volume) => textAt(volume, 'name')), ...claims];
      const mounted = listAt(container, 'volumeMounts').map((mount) => textAt(mount, 'name'));
      expect(mounted.toSorted()).toEqual(declared.toSorted());
    },
  );

  test.each(own.map((each) => [nameOf(each), each] as const))(
    'probes %s where it answers, and sets only variables that somebody reads',
    (_, workload) => {
      const container = containerOf(workload);
      const ports = listAt(container, 'ports').map((port) => textAt(port, 'name'));
      const probes = { startup: '/healthz', liveness: '/healthz', readiness: '/readyz' };
      for (const [kind, path] of Object.entries(probes)) {
        const probe = objectAt(container, `${kind}Probe`, 'httpGet');
        expect(probe['path'], kind).toBe(path);
        expect(ports, kind).toContain(probe['port']);
      }
      const names = listAt(container, 'env').map((entry) => textAt(entry, 'name'));
      expect(unknownVariables(names, [])).toEqual([]);
    },
  );

  test('shares settings that somebody reads', () => {
    const [settings] = ofKind('ConfigMap');
    expect(unknownVariables(Object.keys(objectAt(settings, 'data')), [])).toEqual([]);
  });

  test('has a disruption budget for each, and services that reach pods', () => {
    const budgets = ofKind('PodDisruptionBudget').map((each) =>
      pickedBy(objectAt(each, 'spec', 'selector', 'matchLabels')).join(),
    );
    expect(budgets.toSorted()).toEqual(own.map(nameOf).toSorted());
    for (const service of ofKind('Service')) {
      const [name = ''] = pickedBy(objectAt(service, 'spec', 'selector'));
      const workload = workloads.find((each) => nameOf(each) === name);
      const ports = listAt(containerOf(objectAt(workload)), 'ports').map((p) => textAt(p, 'name'));
      for (const port of listAt(service, 'spec', 'ports')) {
        expect(ports, nameOf(service)).toContain(textAt(port, 'targetPort'));
      }
    }
  });

  test('scales the pool on how many jobs wait', () => {
    const [scaler] = ofKind('HorizontalPodAutoscaler');
    const target = objectAt(scaler, 'spec', 'scaleTargetRef');
    const workload = workloads.find((each) => nameOf(each) === target['name']);
    expect(workload?.['kind']).toBe(target['kind']);
    const [metric] = listAt(scaler, 'spec', 'metrics');
    const name = textAt(metric, 'external', 'metric', 'name');
    // That page is made from the metrics that are registered.
    expect(readText('docs/metrics.md')).toContain(`| \`${name}\` | gauge |`);
    // With a number of its own it would fight the autoscaler at every apply.
    expect(valueAt(workload, 'spec', 'replicas')).toBeUndefined();
  });
});

test('the base gives the key that signs certificates to the api alone, if there is one', () => {
  const name = 'FOREBAY_SIGNING_KEY';
  const having = own.filter((each) =>
    listAt(containerOf(each), 'env').some((entry) => textAt(entry, 'name') === name),
  );
  expect(having.map(nameOf)).toEqual(['forebay-api']);
  const entry = listAt(containerOf(objectAt(having[0])), 'env').at(-1);
  const from = objectAt(entry, 'valueFrom', 'secretKeyRef');
  expect(from['optional']).toBe(true);
  const generators = listAt(readYaml(`${folder}/example/kustomization.yaml`), 'secretGenerator');
  const made = generators.find((each) => textAt(each, 'name') === from['name']);
  expect(textsAt(made, 'files')).toEqual([from['key']]);
});

describe('the example', () => {
  test('has a configuration that loads and a secret for each variable that needs one', () => {
    const path = `${folder}/example/forebay.yaml`;
    const loaded = loadConfig({ path, text: readText(path), env: () => 'a value' });
    expect(loaded).toMatchObject({ kind: 'loaded' });
    const secrets = readText(`${folder}/example/secrets.env`);
    for (const name of ['FOREBAY_KEY_PEPPER', 'FOREBAY_ADMIN_KEY', 'FOREBAY_WEBHOOK_SECRET']) {
      expect(secrets).toMatch(new RegExp(`^${name}=.*replace.me`, 'm'));
    }
  });
});
