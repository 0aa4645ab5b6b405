/**
 * Logs: one JSON line per event: its name under `event`, and ids and numbers as fields.
 *
 * Fields are an allow-list, not a redaction list: a name that is not listed here never reaches
 * the output, so a prompt, a key or a body cannot slip in through a new call (S10, P19). Texts
 * are cut and freed of control characters, because terminals are not safe. What is logged while a
 * span runs carries its ids.
 */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { ForebayError } from '../domain/forebay-error.ts';
import { safeText } from './safe-text.ts';
import { traceIds } from './tracing.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Every field name that may appear in a log line. */
export const logFieldNames = [
  'address',
  'adminPort',
  'ambiguity',
  'attempt',
  'catalogVersion',
  'change',
  'code',
  'count',
  'delayMs',
  'deployment',
  'durationMs',
  'endpoint',
  'eventId',
  'fence',
  'from',
  'job',
  'keyId',
  'method',
  'metricsPort',
  'model',
  'mustBe',
  'name',
  'operation',
  'outcome',
  'port',
  'previousVersion',
  'priority',
  'problem',
  'queue',
  'reason',
  'requestId',
  'role',
  'route',
  'says',
  'setting',
  'shard',
  'signal',
  'state',
  'status',
  'tenant',
  'ticket',
  'to',
  'url',
  'version',
  'waiting',
  'worker',
] as const;

export type LogFieldName = (typeof logFieldNames)[number];

export type LogFields = {
  readonly [Name in LogFieldName]?: string | number | boolean | undefined;
} & {
  /** Anything caught; only its class, code and stack positions are written. */
  readonly error?: unknown;
};

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  fatal(event: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** The process: `api`, `worker`, … */
  readonly service: string;
  readonly level: LogLevel | 'trace' | 'silent';
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

/** Makes the logger of a process. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: traceIds,
  };
  const target =
    options.destination === undefined ? pino(settings) : pino(settings, options.destination);
  return wrap(target);
}

function wrap(target: PinoLogger): Logger {
  return {
    debug: (event, fields) => target.debug(safeFields(fields), event),
    info: (event, fields) => target.info(safeFields(fields), event),
    warn: (event, fields) => target.warn(safeFields(fields), event),
    error: (event, fields) => target.error(safeFields(fields), event),
    fatal: (event, fields) => target.fatal(safeFields(fields), event),
    with: (fields) => wrap(target.child(safeFields(fields))),
  };
}

function safeFields(fields: LogFields | undefined): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  if (fields === undefined) return safe;
  for (const name of Object.keys(fields)) {
    if (!isLogFieldName(name)) continue;
    const value = fields[name];
    if (value !== undefined) safe[name] = safeValue(value);
  }
  if (fields.error !== undefined) safe['error'] = describeError(fields.error);
  return safe;
}

const allowedNames: ReadonlySet<string> = new Set(logFieldNames);

function isLogFieldName(name: string): name is LogFieldName {
  return allowedNames.has(name);
}

function safeValue(value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' ? safeText(value) : value;
}

/**
 * What a log line says about an error: class, code and stack positions. The message is left out,
 * because parsers and clients quote their input in it; only system errors (with an `errno`) and
 * our own start-up errors have messages without foreign text.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const described: Record<string, unknown> = { name: safeText(error.name) };
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') described['code'] = safeText(code);
  if ('errno' in error && !ForebayError.is(error)) described['message'] = safeText(error.message);
  described['stack'] = stackPositions(error);
  if (error.cause !== undefined) described['cause'] = describeCause(error.cause);
  return described;
}

function describeCause(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { name: typeof cause };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return { name: safeText(cause.name), ...(code === undefined ? {} : { code: safeText(code) }) };
}

/** A message may have lines that look like positions, so they are looked for behind it. */
function stackPositions({ stack = '', message }: Error): string[] {
  const messageAt = stack.indexOf(message);
  const lines = messageAt === -1 ? [] : stack.slice(messageAt + message.length).split('\n');
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim().slice(0, 200));
}
