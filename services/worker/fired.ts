/**
 * Resolves when the signal fires, or as the promise does if that is first. Leaves no listener behind: a signal may live as
 * long as the worker.
 * @returns undefined when the signal fired
 */
export async function unlessFired<Result>(
  signal: AbortSignal,
  promise: Promise<Result>,
): Promise<Result | undefined> {
  const fired = Promise.withResolvers<undefined>()
  const onAbort = () => fired.resolve(undefined)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, fired.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
