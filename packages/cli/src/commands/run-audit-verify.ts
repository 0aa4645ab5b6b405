/** `forebay audit verify`. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AuditVerdict, verifyAudit } from '@forebay/shared/domain/verify-audit';
import { auditLines } from '../audit/audit-pages.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { UsageError } from '../program/usage-error.ts';
import { withStore } from '../store/with-store.ts';

export async function runAuditVerify(input: CommandInput): Promise<number> {
  const { options, terminal, environment } = input;
  const [file] = input.arguments;
  const noted = options.text('head');
  const verdict =
    file === undefined
      ? await withStore(readSettings(environment), ({ audit }) =>
          verifyAudit(auditLines(audit), noted),
        )
      : await verifyFile(file, noted);
  const what = file ?? 'the audit log';
  terminal.document({ file: file ?? null, ...verdict });
  if (verdict.kind === 'intact') {
    const { number, hash } = verdict.head;
    terminal.out(`${what}: intact, ${number} lines, head ${hash}\n`);
    return exitCode.done;
  }
  terminal.out(`${what}: broken at line ${verdict.line}: ${verdict.reason}\n`);
  return exitCode.notAsExpected;
}

async function verifyFile(file: string, noted: string | undefined): Promise<AuditVerdict> {
  try {
    return await verifyAudit(createInterface({ input: createReadStream(file) }), noted);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} cannot be read (${why}).`);
  }
}
