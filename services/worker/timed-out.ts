/** Whether `promise` is still open after `ms` milliseconds. Rejects if it does so before. */
export async function timedOut(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<true>()
  const timer = setTimeout(() => late.resolve(true), ms)
  try {
    return await Promise.race([promise.then(() => false), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
