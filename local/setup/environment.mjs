/** What never goes through a proxy: the broker, the producer and all else that runs on this machine. */
const loopback = ['localhost', '127.0.0.1', '::1', '[::1]']

/** An empty one of these would hide what is looked for next: AWS_REGION='' hides AWS_DEFAULT_REGION and the profile's. */
const unsetIfEmpty = /^((AWS|CDK|WARREN|XDG)_.*|HOME)$/

/**
 * The caller's environment, less what would change what Warren does, for all that it starts.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function handedOn(env) {
  // NODE_ENV is about somebody's application: nothing here asks for it, and npm would leave packages out
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      name !== 'NODE_ENV' && !(value === '' && unsetIfEmpty.test(name) && name !== 'AWS_PAGER'),
  )
  const direct = noProxy(env)
  return { ...Object.fromEntries(kept), NO_PROXY: direct, no_proxy: direct }
}

/**
 * The list of hosts that no proxy is used for, this machine among them. Both spellings get the same, since programs
 * differ in which they prefer.
 * @param {NodeJS.ProcessEnv} env
 */
function noProxy(env) {
  const given = [env['no_proxy'], env['NO_PROXY']].flatMap((list) => (list ?? '').split(/[\s,]+/))
  return [...new Set([...given.filter(Boolean), ...loopback])].join(',')
}
