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
  | { readonly kind: 'not_json' | 'not_compiled' | 'not_checked' };

/** What the thread has by itself. */
interface ThreadModules {
  readonly threads: Pick<typeof Threads, 'parentPort' | 'workerData'>;
  readonly load: (path: string) => { readonly default: new (options: object) => Ajv };
}

interface ThreadParts extends ThreadModules {
  readonly createCompile: typeof createCompile;
  readonly indexStepsOf: typeof indexStepsOf;
}

type Validate = ReturnType<Ajv['compile']>;

/**
 * The texts of these functions are all that the thread has, so they use nothing from around them.
 * Found first is told first: `allErrors` is on because without it the code for a wide schema nests
 * deeper than the stack.
 */
function createCompile(
  load: ThreadModules['load'],
  paths: { readonly draft07Path: string; readonly draft2020Path: string },
): (source: string) => Validate {
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

  return (source) => {
    // References never leave the schema, so its own name is of no use.
    const { $schema, $id: _, ...schema } = JSON.parse(source);
    const isDraft07 = typeof $schema === 'string' && $schema.includes('json-schema.org/draft-07/');
    const path: string = isDraft07 ? paths.draft07Path : paths.draft2020Path;
    const ajv = new (load(path).default)({
      ...{ allErrors: true, strict: false, validateFormats: false, validateSchema: false },
      ...{ inlineRefs: false, ownProperties: true, logger: false },
      code: { optimize: false, regExp },
    });
    // Not a keyword of any draft that is read here, and the validator throws at it.
    ajv.removeKeyword('id');
    const validate = ajv.compile(schema);
    // It would answer with a promise, which is true whatever becomes of it.
    if ('$async' in validate) throw new Error('an asynchronous schema');
    return validate;
  };
}

function indexStepsOf(value: unknown, instancePath: string): number[] {
  let place = value;
  return instancePath
    .split('/')
    .slice(1)
    .flatMap((step, index) => {
      const isList = Array.isArray(place);
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
      place = Object(place)[key];
      return isList ? [index] : [];
    });
}

function runThread({ threads, load, createCompile, indexStepsOf }: ThreadParts): void {
  const { parentPort, workerData } = threads;
  const compile = createCompile(load, workerData);
  const compiledMax = 32;
  const compiled = new Map<string, Validate>();

  function compiledOf(source: string): Validate | undefined {
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
    try {
      if (validate(value) === true) return { kind: 'checked', finding: undefined };
    } catch {
      // A schema that leads back to itself without end.
      return { kind: 'not_checked' };
    }
    const [first] = validate.errors ?? [];
    const { instancePath = '', message = 'does not match' } = first ?? {};
    const indexSteps = indexStepsOf(value, instancePath);
    return { kind: 'checked', finding: { instancePath, indexSteps, message } };
  }

  parentPort?.on('message', (task: ThreadTask) => parentPort.postMessage(check(task)));
  load(workerData.draft2020Path);
  parentPort?.postMessage({ kind: 'ready' });
}

export const threadSource = `(${runThread.toString()})({
  threads: require('node:worker_threads'),
  load: require,
  createCompile: ${createCompile.toString()},
  indexStepsOf: ${indexStepsOf.toString()},
});`;
