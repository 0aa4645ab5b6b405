/** A body for each schema of the operators' routes, which a test that calls all of them needs. */
export const adminBodies = {
  none: undefined,
  AdminKey: { name: 'ops', scopes: ['audit'] },
  Operation: { action: 'cancel', filter: { tenant: 'acme' } },
  Tenant: { id: 'fresh' },
  TenantChange: { name: 'Acme' },
  ApiKey: {},
  ApiKeyChange: { label: 'x' },
  ApiKeyRotation: {},
  Budget: { limit_usd: '1', period: 'day' },
  BudgetChange: { limit_usd: '1' },
  GlobalBudget: { limit_usd: '1', period: 'day' },
  Breaker: { state: 'open', for: '1s' },
} as const;
