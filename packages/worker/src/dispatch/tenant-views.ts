/** What a job's plan is made on besides the live figures: its tenant's money and its opinions. */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { BrownoutView } from '@forebay/shared/live/brownout-view';
import type { QualityView } from '@forebay/shared/live/quality-view';
import type { DecideInput } from './next-move.ts';

interface TenantViewsDeps {
  readonly brownout: BrownoutView;
  readonly quality: QualityView;
}

export function tenantViewsOf(
  { brownout, quality }: TenantViewsDeps,
  { tenant, spec }: JobRecord,
): Pick<DecideInput, 'brownout' | 'quality'> {
  return {
    brownout: brownout.reasonFor({ tenant, payerKeyId: spec.payerKeyId ?? spec.keyId }),
    quality: quality.of({ tenant, user: spec.user, task: spec.features.task?.class }),
  };
}
