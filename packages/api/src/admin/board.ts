/**
 * Bull Board: every model's queue and the webhook queue, to look at and never to touch.
 *
 *  B1. Queues are opened read-only, and the mount refuses every method that could write, because
 *      the queues' own guard does not cover what belongs to the board as a whole.
 *  B2. Tickets carry no content (S10). Formatters are the second line: they show known members
 *      only, so that an entry that somebody added by hand shows nothing either.
 *  B3. An operator's browser talks to this host alone: what the page links elsewhere is cut out,
 *      and the policy refuses what a later version may add.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppViewRoute } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import { modelQueueName, webhookQueueName } from '@forebay/shared/queue/queue-names';
import { safeText } from '@forebay/shared/telemetry/safe-text';
import { type ConnectionOptions, Queue } from 'bullmq';
import { type NextFunction, type Request, type Response, Router } from 'express';

export interface BoardOptions {
  readonly connection: ConnectionOptions;
  /** The tag under which a queue's keys stand. */
  readonly prefixOf: (queueName: string) => string;
  /** As configured now. */
  readonly models: () => readonly string[];
  /** Where the board is mounted. */
  readonly path: string;
  /** Told about BullMQ's background errors. */
  readonly onError: (error: Error) => void;
}

export interface Board {
  readonly router: Router;
  /** Shows the queues of the models that are configured now. */
  showModels(): void;
  close(): Promise<void>;
}

const boardTitle = 'Forebay';
/** Each open tab asks for all queues this often. */
const pollSeconds = 5;

export function createBoard(options: BoardOptions): Board {
  const serverAdapter = new OwnHostAdapter();
  serverAdapter.setBasePath(options.path);
  const shown = new Map<string, TitledQueue>();
  const deliveries = openQueue(options, webhookQueueName, 'webhook deliveries');
  const board = createBullBoard({
    queues: [],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle,
        hideRedisDetails: true,
        // Asking each server for its client list on every poll costs more than it tells.
        showWorkers: false,
        pollingInterval: { showSetting: true, forceInterval: pollSeconds },
      },
    },
  });
  const showModels = (): void => {
    const models = options.models();
    for (const [model, { queue }] of shown) {
      if (models.includes(model)) continue;
      shown.delete(model);
      queue.close().catch(options.onError);
    }
    for (const model of models) {
      if (!shown.has(model)) shown.set(model, openQueue(options, modelQueueName(model), model));
    }
    const inOrder = [...models.flatMap((model) => shown.get(model) ?? []), deliveries];
    board.replaceQueues(inOrder.map(({ queue, title }) => adapt(queue, title)));
  };
  showModels();
  const router = Router();
  router.use(refuseWrites, setPagePolicy, serverAdapter.getRouter());
  return {
    router,
    showModels,
    async close() {
      const queues = [...shown.values(), deliveries];
      await Promise.all(queues.map(({ queue }) => queue.close()));
    },
  };
}

/** B3. */
class OwnHostAdapter extends ExpressAdapter {
  override setEntryRoute(page: AppViewRoute): this {
    this.app.get(page.route, (_request, response, next) => {
      const { basePath, uiConfig } = this;
      const { name, params } = page.handler({ basePath, uiConfig });
      response.render(name, params, (error: Error | null, html: string) => {
        if (error !== null) next(error);
        else response.send(html.replace(foreignStylesheet, ''));
      });
    });
    return this;
  }
}

/** The page's fonts; without them it shows in the system's. */
const foreignStylesheet = /<link href="https?:[^>]*rel="stylesheet">/g;

interface TitledQueue {
  readonly queue: Queue;
  readonly title: string;
}

function openQueue(options: BoardOptions, name: string, title: string): TitledQueue {
  const queue = new Queue(name, {
    connection: options.connection,
    prefix: options.prefixOf(name),
    // The board must not write a queue's settings either.
    skipMetasUpdate: true,
  });
  queue.on('error', options.onError);
  return { queue, title };
}

function adapt(queue: Queue, title: string): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode: true,
    allowRetries: false,
    displayName: title,
  });
  adapter.setFormatter('data', (data: unknown) => knownMembers(data));
  adapter.setFormatter('returnValue', (value: unknown) => shortText(value));
  adapter.setFormatter('progress', (value: unknown) => shortText(value));
  adapter.setFormatter('name', (job: unknown) => jobName(job));
  return adapter;
}

/** What tickets and delivery tickets carry. */
const shownMembers = [
  'tenant',
  'requestedModel',
  'priority',
  'attempt',
  'estimatedCostUsd',
  'endpointId',
  'eventId',
  'attempts',
  'sendByMs',
];

function knownMembers(data: unknown): JsonObject {
  if (!isJsonObject(data)) return {};
  const shown = shownMembers.filter((name) => data[name] !== undefined);
  return Object.fromEntries(shown.map((name) => [name, shortText(data[name])]));
}

function shortText(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' ? safeText(value) : null;
}

/** The entry's id says more than its name, which is the same for all. */
function jobName(job: unknown): string {
  const id = isJsonObject(job) ? job['id'] : undefined;
  return typeof id === 'string' ? safeText(id) : 'job';
}

/** B1. */
function refuseWrites(request: Request, response: Response, next: NextFunction): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    next();
    return;
  }
  response.setHeader('Allow', 'GET, HEAD');
  response.status(405).type('text/plain').send('The board is read-only.\n');
}

/** Scripts and data from here alone; the page styles itself inline. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function setPagePolicy(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Content-Security-Policy', pagePolicy);
  next();
}
