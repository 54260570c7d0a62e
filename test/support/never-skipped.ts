/**
 * What may never be skipped: the tests that the promises of the README stand on. A test file named here that is
 * missing, empty or has a skipped test fails the run.
 */
export const neverSkipped: readonly string[] = []
