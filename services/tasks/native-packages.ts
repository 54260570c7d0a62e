/**
 * npm packages of handlers that cannot be bundled because they hold compiled code, such as `sharp`. They are installed
 * beside the worker's bundle for the CPU of the container, at the version that package.json pins. None by default:
 * with an empty list a synth needs no network. Packages that compile at install time do not work: no install script is run.
 */
export const nativePackages: readonly string[] = []
