/** What runs in the thread of `schema-thread.ts`, and what the two say to each other. */
import type * as Threads from 'node:worker_threads';
import type { Ajv } from 'ajv';
import type { Finding } from './describe-miss.ts';

export interface ThreadTask {
  /** As JSON, which is also its name among the compiled ones. */
  readonly schema: string;
  readonly text: string;
}

export type ThreadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'compiled' }
  | { readonly kind: 'checked'; readonly finding: Finding | undefined }
  | { readonly kind: 'not_json' | 'not_compiled' };

/** What the thread has by itself. */
interface ThreadModules {
  readonly threads: Pick<typeof Threads, 'parentPort' | 'workerData'>;
  readonly load: (path: string) => { readonly default: new (options: object) => Ajv };
}

/**
 * The text of this function is all that the thread has, so it uses nothing from around it. Found
 * first is told first: `allErrors` is on because without it the code for a wide schema nests
 * deeper than the stack.
 */
function runThread({ threads, load }: ThreadModules): void {
  const { parentPort, workerData } = threads;
  const compiledMax = 32;
  const compiled = new Map<string, ReturnType<Ajv['compile']>>();

  const regExp = Object.assign(
    (pattern: string, flags: string) => {
      try {
        return new RegExp(pattern, flags);
      } catch {
        // Many patterns are written for engines that know no `u` flag.
        return new RegExp(pattern);
      }
    },
    { code: 'new RegExp' },
  );

  function compile(source: string): ReturnType<Ajv['compile']> {
    const { $schema, ...schema } = JSON.parse(source);
    const isDraft07 = typeof $schema === 'string' && $schema.includes('json-schema.org/draft-07/');
    const path: string = isDraft07 ? workerData.draft07Path : workerData.draft2020Path;
    const ajv = new (load(path).default)({
      ...{ allErrors: true, strict: false, validateFormats: false, validateSchema: false },
      ...{ inlineRefs: false, ownProperties: true, logger: false },
      code: { optimize: false, regExp },
    });
    return ajv.compile(schema);
  }

  function compiledOf(source: string): ReturnType<Ajv['compile']> | undefined {
    const known = compiled.get(source);
    if (known !== undefined) return known;
    try {
      const made = compile(source);
      const [oldest] = compiled.keys();
      if (compiled.size >= compiledMax && oldest !== undefined) compiled.delete(oldest);
      compiled.set(source, made);
      return made;
    } catch {
      // What does not compile is told as such.
      return undefined;
    }
  }

  function check({ schema, text }: ThreadTask): ThreadReply {
    const validate = compiledOf(schema);
    if (validate === undefined) return { kind: 'not_compiled' };
    parentPort?.postMessage({ kind: 'compiled' });
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { kind: 'not_json' };
    }
    if (validate(value)) return { kind: 'checked', finding: undefined };
    const [first] = validate.errors ?? [];
    const { instancePath = '', message = 'does not match' } = first ?? {};
    return { kind: 'checked', finding: { instancePath, message } };
  }

  parentPort?.on('message', (task: ThreadTask) => parentPort.postMessage(check(task)));
  load(workerData.draft2020Path);
  parentPort?.postMessage({ kind: 'ready' });
}

export const threadSource = `(${runThread.toString()})({
  threads: require('node:worker_threads'),
  load: require,
});`;
