/** `/metrics` for Prometheus. */
import { type OpenRoute, plainLimits } from '../http/route-table.ts';
import type { ApiMetrics } from './api-metrics.ts';

export function metricsRoutes(metrics: ApiMetrics): readonly OpenRoute[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Figures of this process and of the lanes',
      scope: 'open',
      limits: plainLimits,
      audit: 'none',
      requestSchema: 'none',
      handle: async () => ({
        status: 200,
        headers: { 'Content-Type': metrics.contentType },
        text: await metrics.scrape(),
      }),
    },
  ];
}
