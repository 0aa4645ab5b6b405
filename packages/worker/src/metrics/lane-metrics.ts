/** How the lanes stand: backlog, window, permits, deployments. Of the whole store. */
import type { Catalog, Model } from '@forebay/shared/domain/model-catalog';
import type { LaneFigures } from '@forebay/shared/ports/store-figures';
import type { Figure, Metrics } from '@forebay/shared/telemetry/metrics';

/** Ends the help text of every metric that is read from the store. */
export const storeWide =
  ' Of the whole store: every dispatcher shows the same, so take max and not sum.';

type Lanes = ReadonlyMap<string, LaneFigures>;

interface Lane {
  readonly model: Model;
  readonly figures: LaneFigures;
}

export function laneFigures(metrics: Metrics): (lanes: Lanes, catalog: Catalog) => void {
  const setters = [
    ...ofModels(metrics),
    ...ofClasses(metrics),
    ...ofDeployments(metrics),
    ...ofBreakers(metrics),
  ];
  return (lanes, catalog) => {
    const known = [...catalog.models.values()].flatMap((model): Lane[] => {
      const figures = lanes.get(model.name);
      return figures === undefined ? [] : [{ model, figures }];
    });
    for (const set of setters) set(known);
  };
}

type Setter = (lanes: readonly Lane[]) => void;

function ofModels(metrics: Metrics): readonly Setter[] {
  const gauge = (name: string, help: string, of: (lane: LaneFigures) => number): Setter => {
    const facts = { name, help: help + storeWide, labels: ['model'], type: 'gauge' } as const;
    const set = metrics.figures(facts);
    return (lanes) =>
      set(
        lanes.map(({ model, figures }) => ({ labels: { model: model.name }, value: of(figures) })),
      );
  };
  return [
    gauge(
      'forebay_lane_waiting',
      'Jobs that wait for a model, in its backlog and in its window.',
      ({ backlog, windowTickets }) => backlog + windowTickets,
    ),
    gauge(
      'forebay_lane_window_tickets',
      'Tickets in the window of a model, which is what stands in its queue.',
      ({ windowTickets }) => windowTickets,
    ),
    gauge(
      'forebay_lane_window_places',
      'Tickets that the window of a model may hold now.',
      ({ windowPlaces }) => windowPlaces,
    ),
    gauge('forebay_lane_pools', 'Workers that serve a model.', ({ pools }) => pools),
  ];
}

function ofClasses(metrics: Metrics): readonly Setter[] {
  const setWaiting = metrics.figures({
    name: 'forebay_lane_backlog',
    help:
      'Jobs in the backlog of a model by priority class; of a class with more than a hundred ' +
      `waiting tenants those of the first hundred.${storeWide}`,
    labels: ['model', 'class'],
    type: 'gauge',
  });
  const setAge = metrics.figures({
    name: 'forebay_lane_oldest_seconds',
    help:
      'Time since the submission of the oldest job among those that are next in line in a ' +
      `backlog, one for each tenant; 0 when none waits.${storeWide}`,
    labels: ['model', 'class'],
    type: 'gauge',
  });
  const each =
    (of: (figures: LaneFigures['classes'][number], lane: LaneFigures) => number) =>
    (lanes: readonly Lane[]): Figure<'model' | 'class'>[] =>
      lanes.flatMap(({ model, figures }) =>
        figures.classes.map((entry) => ({
          labels: { model: model.name, class: entry.priorityClass },
          value: of(entry, figures),
        })),
      );
  const waiting = each((entry) => entry.waiting);
  const age = each(({ oldestAtMs }, { atMs }) =>
    oldestAtMs === undefined ? 0 : Math.max(0, atMs - oldestAtMs) / 1000,
  );
  return [(lanes) => setWaiting(waiting(lanes)), (lanes) => setAge(age(lanes))];
}

function ofDeployments(metrics: Metrics): readonly Setter[] {
  type Entry = LaneFigures['deployments'][number];
  const gauge = (
    { name, help }: { readonly name: string; readonly help: string },
    of: (entry: Entry, model: Model) => number,
  ): Setter => {
    const labels = ['model', 'deployment'] as const;
    const set = metrics.figures({ name, help: help + storeWide, labels, type: 'gauge' });
    return (lanes) =>
      set(
        lanes.flatMap(({ model, figures }) =>
          figures.deployments.map((entry) => ({
            labels: { model: model.name, deployment: entry.id },
            value: of(entry, model),
          })),
        ),
      );
  };
  return [
    gauge(
      { name: 'forebay_permits_in_use', help: 'Calls that hold a permit of a deployment.' },
      ({ permitsInUse }) => permitsInUse,
    ),
    gauge(
      { name: 'forebay_permits_limit', help: 'Permits that a deployment has, as configured.' },
      ({ id }, model) => model.deployments.find((entry) => entry.id === id)?.concurrency ?? 0,
    ),
    gauge(
      {
        name: 'forebay_deployment_paused_seconds',
        help: 'How long a deployment stays paused, as its provider asked; 0 when it serves.',
      },
      ({ pausedMs }) => pausedMs / 1000,
    ),
    gauge(
      {
        name: 'forebay_deployment_stopped',
        help: '1 while a deployment is out, because its credentials or quota were refused.',
      },
      ({ stoppedMs }) => (stoppedMs > 0 ? 1 : 0),
    ),
  ];
}

function ofBreakers(metrics: Metrics): readonly Setter[] {
  const setState = metrics.figures({
    name: 'forebay_breaker_state',
    help:
      'How the breaker of a deployment stands: 1 for its state, which is closed, open, ' +
      `half_open or ramping.${storeWide}`,
    labels: ['model', 'deployment', 'state'],
    type: 'gauge',
  });
  const setOpenings = metrics.figures({
    name: 'forebay_breaker_openings_total',
    help: `How often the breaker of a deployment has opened.${storeWide}`,
    labels: ['model', 'deployment'],
    type: 'counter',
  });
  const all = (lanes: readonly Lane[]) =>
    lanes.flatMap(({ model, figures }) =>
      figures.deployments.map((entry) => ({ model: model.name, ...entry })),
    );
  return [
    (lanes) =>
      setState(
        all(lanes).map(({ model, id, breaker }) => ({
          labels: { model, deployment: id, state: breaker },
          value: 1,
        })),
      ),
    (lanes) =>
      setOpenings(
        all(lanes).map(({ model, id, breakerOpenings }) => ({
          labels: { model, deployment: id },
          value: breakerOpenings,
        })),
      ),
  ];
}
