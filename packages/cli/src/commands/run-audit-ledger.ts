/** `forebay audit ledger`. */
import { join } from 'node:path';
import { type LedgerVerdict, verifyLedger } from '@forebay/shared/ledger/verify-ledger';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { withStore } from '../store/with-store.ts';

type Broken = Extract<LedgerVerdict, { kind: 'broken' }> & { readonly shard: number };

export function runAuditLedger({ environment, terminal, signal }: CommandInput): Promise<number> {
  const settings = readSettings(environment);
  const objects = createDiskObjectStore(join(settings.dataDir, 'objects'));
  return withStore(settings, async ({ ledger }) => {
    const broken: Broken[] = [];
    let [segments, lines] = [0, 0];
    for (let shard = 0; shard < ledger.shardCount && !signal.aborted; shard += 1) {
      const verdict = await verifyLedger({ ledger, objects }, shard);
      if (verdict.kind === 'broken') broken.push({ ...verdict, shard });
      else {
        segments += verdict.segments;
        lines += verdict.lines;
      }
    }
    terminal.document({ segments, lines, broken });
    for (const { shard, segment, line, reason } of broken) {
      const place = segment === '' ? `shard ${shard}` : `${segment}, line ${line}`;
      terminal.out(`broken at ${place}: ${reason}\n`);
    }
    terminal.out(`${lines} lines in ${segments} segments are intact\n`);
    return broken.length === 0 ? exitCode.done : exitCode.notAsExpected;
  });
}
