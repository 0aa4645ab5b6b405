/**
 * Starts a simulator: a provider on one port, a webhook sink on another.
 *
 * Written without a line of the router's own code, so that one wrong schema cannot hide on both
 * sides.
 */
import { readFileSync } from 'node:fs';
import { answerRequest } from './answer-request.ts';
import { CallBook } from './bill/call-book.ts';
import type { CallLine } from './bill/call-line.ts';
import { ANY } from './calls/hold-gate.ts';
import type { LoggedRequest } from './calls/request-log.ts';
import { type SimulatorStats, simulatorStats } from './control/simulator-stats.ts';
import { type HttpListener, listen } from './http/http-listener.ts';
import { RunningAnswers } from './http/running-answers.ts';
import { parseScenarioObject, parseScenarioText } from './scenario/parse-scenario.ts';
import { EMPTY_SCENARIO, type Scenario } from './scenario/scenario.ts';
import { SimulatorState } from './simulator-state.ts';
import { answerSink, SinkState } from './sink/answer-sink.ts';
import type { SinkDelivery } from './sink/deliveries.ts';

/** A scenario as YAML text, or as an object with the same field names. */
export type ScenarioSource = string | Record<string, unknown>;

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free port. */
  port?: number;
  sinkPort?: number;
  /** Answers depend on nothing else but model and prompt. Default 1. */
  seed?: number;
  scenario?: ScenarioSource;
  /** Read when no `scenario` is given. */
  scenarioFile?: string;
  /** Billed lines are appended here as they come. */
  billFile?: string;
}

/** Which calls a hold is about; an absent part stands for all. */
export interface HoldTarget {
  deployment?: string;
  model?: string;
}

export interface Simulator {
  /** Origin of the provider; clients add `/v1` or `/d/<deployment>/v1`. */
  url: string;
  /** Origin of the webhook sink. */
  sinkUrl: string;
  /** The calls a real provider would charge for. */
  bill(): CallLine[];
  /** Every call that has ended. */
  calls(): CallLine[];
  /** The latest requests with headers and bodies. */
  requests(): LoggedRequest[];
  stats(): SimulatorStats;
  setScenario(scenario: ScenarioSource): void;
  hold(target?: HoldTarget): void;
  release(target?: HoldTarget): void;
  /** Resolves true once at least so many calls are held, false after `timeoutMs`. */
  waitForHeld(count: number, timeoutMs: number, target?: HoldTarget): Promise<boolean>;
  /** Resolves true once at least so many calls have ended, false after `timeoutMs`. */
  waitForCalls(count: number, timeoutMs: number): Promise<boolean>;
  /** What the sink received, optionally of paths that begin so. */
  deliveries(pathPrefix?: string): SinkDelivery[];
  /** Resolves true once at least so many deliveries came, false after `timeoutMs`. */
  waitForDeliveries(count: number, timeoutMs: number, pathPrefix?: string): Promise<boolean>;
  /** Ends every socket and stops listening. */
  close(): Promise<void>;
}

const SEED = 1;

/** Starts both servers. Throws `ScenarioError` for a scenario that cannot be used. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1';
  const scenario = firstScenario(options);
  const book = new CallBook(options.billFile ?? null);
  const state = new SimulatorState({ seed: options.seed ?? SEED, book, scenario });
  const sink = new SinkState();
  const running = new RunningAnswers();
  const provider = await listen({ host, port: options.port ?? 0 }, (request, response) =>
    running.start(request, response, (exchange) => answerRequest(state, exchange)),
  );
  const receiver = await listen({ host, port: options.sinkPort ?? 0 }, (request, response) =>
    running.start(request, response, (exchange) => answerSink(sink, exchange)),
  ).catch(async (error: unknown) => {
    await provider.close();
    throw error;
  });
  return simulatorOf({ state, sink, provider, receiver, running });
}

interface Parts {
  state: SimulatorState;
  sink: SinkState;
  provider: HttpListener;
  receiver: HttpListener;
  running: RunningAnswers;
}

function simulatorOf({ state, sink, provider, receiver, running }: Parts): Simulator {
  return {
    url: provider.url,
    sinkUrl: receiver.url,
    bill: () => state.book.bill(),
    calls: () => state.book.calls(),
    requests: () => state.requests.all(),
    stats: () => simulatorStats(state),
    setScenario: (scenario) => state.replaceScenario(parseSource(scenario)),
    hold: (target) => state.gate.hold(laneOf(target)),
    release: (target) => state.gate.release(laneOf(target)),
    waitForHeld: (count, timeoutMs, target) =>
      state.gate.changes.waitFor(() => state.gate.heldCount(laneOf(target)) >= count, {
        timeoutMs,
      }),
    waitForCalls: (count, timeoutMs) =>
      state.book.changes.waitFor(() => state.book.calls().length >= count, { timeoutMs }),
    deliveries: (pathPrefix) => sink.deliveries.all(pathPrefix),
    waitForDeliveries: (count, timeoutMs, pathPrefix) =>
      sink.deliveries.changes.waitFor(() => sink.deliveries.count(pathPrefix) >= count, {
        timeoutMs,
      }),
    close: async () => {
      await Promise.all([provider.close(), receiver.close()]);
      await running.settled();
      state.book.close();
    },
  };
}

function laneOf(target: HoldTarget = {}) {
  return { deployment: target.deployment ?? ANY, model: target.model ?? ANY };
}

function firstScenario(options: SimulatorOptions): Scenario {
  if (options.scenario !== undefined) return parseSource(options.scenario);
  if (options.scenarioFile === undefined) return EMPTY_SCENARIO;
  return parseScenarioText(readFileSync(options.scenarioFile, 'utf8'));
}

function parseSource(source: ScenarioSource): Scenario {
  return typeof source === 'string' ? parseScenarioText(source) : parseScenarioObject(source);
}
