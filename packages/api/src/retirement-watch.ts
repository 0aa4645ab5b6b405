/** Tells once a day, and after each reload, which models are about to retire or have. */
import type { LiveConfig } from '@forebay/shared/config/live-config';
import { retirementNotices } from '@forebay/shared/routing/retirements';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';

export interface RetirementWatchDeps {
  readonly config: Pick<LiveConfig, 'catalog' | 'onSwap'>;
  readonly clock: Clock;
  readonly onNotice: (notice: string) => void;
}

const dayMs = 24 * 3_600_000;

export function createRetirementWatch({ config, clock, onNotice }: RetirementWatchDeps): Service {
  let timer: Timer | undefined;
  let leave: (() => void) | undefined;
  const tell = (): void => {
    timer?.cancel();
    timer = clock.schedule(dayMs, tell);
    for (const notice of retirementNotices(config.catalog, clock.nowMs())) onNotice(notice);
  };
  return {
    name: 'retirement-watch',
    start() {
      if (leave !== undefined) return;
      leave = config.onSwap(tell);
      tell();
    },
    async stop() {
      leave?.();
      leave = undefined;
      timer?.cancel();
    },
  };
}
