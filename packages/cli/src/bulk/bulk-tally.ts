/** What has become of the lines of a bulk submission so far. */
import type { BulkReply, Job } from '@forebay/client';
import { chargedNanoUsd } from '../requests/charged-cost.ts';

export class BulkTally {
  accepted = 0;
  duplicates = 0;
  rejected = 0;
  /** How much of the input has been read, 0 to 1; `undefined` where nobody can know. */
  fraction: number | undefined;
  /** Set once every line has been answered. */
  intakeIsDone = false;
  /** Charged at known usage and at worst case, billionths of a dollar. */
  costNanoUsd = 0n;
  readonly rejections = new Map<string, number>();
  /** Ended jobs by status. */
  readonly ends = new Map<string, { count: number; costNanoUsd: bigint }>();

  get answered(): number {
    return this.accepted + this.duplicates + this.rejected;
  }

  /** Jobs that are there to wait for. */
  get jobs(): number {
    return this.accepted + this.duplicates;
  }

  get ended(): number {
    return [...this.ends.values()].reduce((sum, { count }) => sum + count, 0);
  }

  addReply({ status, error }: BulkReply): void {
    if (status === 'accepted') this.accepted += 1;
    else if (status === 'duplicate') this.duplicates += 1;
    else {
      this.rejected += 1;
      const code = error?.code ?? 'unknown';
      this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1);
    }
  }

  addEnd({ status, cost }: Job): void {
    const costNanoUsd = chargedNanoUsd(cost);
    const entry = this.ends.get(status) ?? { count: 0, costNanoUsd: 0n };
    this.ends.set(status, {
      count: entry.count + 1,
      costNanoUsd: entry.costNanoUsd + costNanoUsd,
    });
    this.costNanoUsd += costNanoUsd;
  }
}
