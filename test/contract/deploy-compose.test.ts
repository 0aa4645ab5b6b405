/** The compose file and the image it builds agree with the code. No container engine is needed. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';
import {
  listAt,
  objectAt,
  readText,
  readYaml,
  sourceOfMain,
  stopSecondsMin,
  textAt,
  textsAt,
  unknownVariables,
  valueAt,
} from '../support/deployment-files.ts';

const compose = readYaml('docker-compose.yml');
const services = objectAt(compose, 'services');
const own = ['api', 'worker-1', 'worker-2'];
const provisioning = 'deploy/grafana/provisioning';

function commandOf(service: string): string {
  return textsAt(services, service, 'command').join(' ');
}

describe('the compose file', () => {
  test('has a store that is durable and refuses to evict', () => {
    const command = commandOf('redis');
    for (const setting of [
      '--appendonly yes',
      '--appendfsync always',
      '--maxmemory-policy noeviction',
    ]) {
      expect(command).toContain(setting);
    }
    expect(listAt(services, 'redis', 'volumes')).toContain('redis:/data');
  });

  test('runs an api and two workers with names of their own', () => {
    const names = own.map((name) => valueAt(services, name, 'environment', 'FOREBAY_WORKER_NAME'));
    expect(names).toEqual([undefined, 'worker-1', 'worker-2']);
    for (const name of [...own, 'simulator']) {
      expect(existsSync(`${repositoryRoot}/${sourceOfMain(commandOf(name))}`), name).toBe(true);
    }
  });

  test('gives all of them one volume, the store at hand, and time to hand their jobs back', () => {
    for (const name of own) {
      expect(listAt(services, name, 'volumes')).toContain('data:/data');
      expect(textAt(services, name, 'environment', 'FOREBAY_DATA_DIR')).toBe('/data');
      expect(textAt(services, name, 'depends_on', 'redis', 'condition')).toBe('service_healthy');
      const seconds = Number(/^(\d+)s$/.exec(textAt(services, name, 'stop_grace_period'))?.[1]);
      expect(seconds).toBeGreaterThanOrEqual(stopSecondsMin);
    }
  });

  test('sets only variables that somebody reads, and asks for every secret', () => {
    for (const name of own) {
      const environment = objectAt(services, name, 'environment');
      // The tour's configuration reads the first, the SDK of OpenTelemetry the second.
      const also = ['FOREBAY_SIMULATOR_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
      expect(unknownVariables(Object.keys(environment), also)).toEqual([]);
      for (const secret of ['KEY_PEPPER', 'ADMIN_KEY', 'WEBHOOK_SECRET']) {
        expect(textAt(environment, `FOREBAY_${secret}`)).toMatch(/^\$\{FOREBAY_\w+:\?.+\}$/);
      }
    }
  });

  test('gives the key that signs certificates to the api alone, and starts without one', () => {
    const path = textAt(services, 'api', 'environment', 'FOREBAY_SIGNING_KEY_FILE');
    expect(path).toBe('/run/secrets/signing-key');
    expect(own.map((name) => textsAt(services, name, 'secrets'))).toEqual([
      ['signing-key'],
      [],
      [],
    ]);
    expect(textAt(compose, 'secrets', 'signing-key', 'file')).toMatch(/:-\/dev\/null}$/);
  });

  test('declares its volumes, and publishes ports on this machine only', () => {
    const volumes = Object.keys(objectAt(compose, 'volumes'));
    for (const [name, service] of Object.entries(services)) {
      for (const mount of textsAt(service, 'volumes')) {
        const [source = ''] = mount.split(':');
        if (!/^[./$]/.test(source)) expect(volumes, name).toContain(source);
      }
      for (const port of textsAt(service, 'ports')) {
        expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      }
    }
  });

  test('starts simulator and observability only when asked to', () => {
    const profiled = Object.entries(services).map(
      ([name, service]) => [name, textsAt(service, 'profiles').join()] as const,
    );
    for (const [name, profiles] of profiled) {
      if (own.includes(name) || name === 'redis') expect(profiles, name).toBe('');
      else expect(['simulator', 'observability'], name).toContain(profiles);
    }
    expect(profiled.map(([, profiles]) => profiles)).toContain('simulator');
  });

  test('sends traces to the service beside it, where Grafana finds them, once they are on', () => {
    const [source] = listAt(readYaml(`${provisioning}/datasources/jaeger.yaml`), 'datasources');
    expect(textsAt(services, 'jaeger', 'profiles')).toEqual(['observability']);
    expect(textAt(source, 'url')).toBe('http://jaeger:16686');
    for (const name of own) {
      const environment = objectAt(services, name, 'environment');
      expect(textAt(environment, 'FOREBAY_TRACING')).toContain('FOREBAY_TRACING:-off');
      expect(textAt(environment, 'OTEL_EXPORTER_OTLP_ENDPOINT')).toContain('-http://jaeger:4318}');
    }
  });

  test('lets nothing of ours run with more rights than it needs', () => {
    for (const name of own) {
      expect(valueAt(services, name, 'read_only')).toBe(true);
      expect(listAt(services, name, 'cap_drop')).toEqual(['ALL']);
    }
  });
});

describe('the image', () => {
  const stages = readText('Dockerfile').split(/^(?=FROM )/m);
  const last = stages.at(-1) ?? '';

  test('is built in stages and runs without privileges', () => {
    expect(stages.filter((stage) => stage.startsWith('FROM '))).toHaveLength(2);
    expect(last.match(/^USER .+$/gm)).toEqual(['USER node']);
  });

  test('installs with the manifest of every package, and builds every process', () => {
    const [, build = ''] = stages;
    for (const name of readdirSync(`${repositoryRoot}/packages`)) {
      expect(build).toContain(`COPY packages/${name}/package.json packages/${name}/`);
    }
    for (const name of ['api', 'worker', 'simulator', 'cli']) {
      expect(build).toMatch(new RegExp(`tsc --build .*packages/${name}\\b`));
    }
  });

  test('takes no secrets, tests or earlier builds from the folder', () => {
    const ignored = readText('.dockerignore').split('\n');
    for (const entry of ['**/node_modules', '**/dist', '.git', '.env', '.forebay', 'test']) {
      expect(ignored).toContain(entry);
    }
  });
});
