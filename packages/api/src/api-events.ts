/** All events of an API process. */
import type { ConfigEventFields } from '@forebay/shared/telemetry/config-events';
import type { HttpEventMap } from './http/http-events.ts';
import type { IntakeEventMap } from './intake/intake-events.ts';
import type { PredictorEventMap } from './intake/quality-predictor.ts';

export type ApiEventMap = HttpEventMap &
  IntakeEventMap &
  PredictorEventMap &
  ConfigEventFields & {
    /** Background work or a connection failed; it goes on by itself. */
    'background.failed': { name: string; error: unknown };
  };
