/**
 * What Fargate asks an hour in us-east-1, on demand, in USD: for the dashboard, and for `npm run cost`, which says where
 * each price was read.
 */
export const fargateUsd = {
  ARM64: { vcpu: 0.03238, memoryGb: 0.00356 },
  X86_64: { vcpu: 0.04048, memoryGb: 0.004445 },
  /** Of the price on demand. */
  spotShare: 0.3,
} as const
