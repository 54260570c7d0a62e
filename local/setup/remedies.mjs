/** What npm's error codes mean for somebody who has just cloned this, by what they begin with. */
const remedies = [
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|EIDLETIMEOUT|E5\d\d)/,
    remedy: 'the package registry cannot be reached: look at the network, at proxies and at `npm ping`',
  },
  {
    codes: /CERT|SELF_SIGNED|UNABLE_TO_/,
    remedy: "the package registry's certificate is not trusted: set NODE_EXTRA_CA_CERTS to your company's",
  },
  {
    codes: /^(E40\d|ENEEDAUTH|EAUTH)/,
    remedy:
      'the package registry refused: look at `npm config get registry` and at the tokens in your .npmrc',
  },
  {
    codes: /^(ETARGET|ENOVERSIONS)$/,
    remedy:
      'the package registry does not give a version that package-lock.json names: is it a mirror that is behind, or is `before` or `min-release-age` set in your .npmrc?',
  },
  {
    codes: /^EINTEGRITY$/,
    remedy:
      'a package differs from what package-lock.json says: run `npm cache verify`; if it stays, distrust the registry',
  },
  {
    codes: /^EUSAGE$/,
    remedy: 'package.json and package-lock.json disagree, or npm is too old for them: run `npm install`',
  },
  {
    codes: /^EBADENGINE$/,
    remedy: 'this npm does not work with this Node (see above): install the one that came with it',
  },
  { codes: /^(ENOSPC|EDQUOT)$/, remedy: 'the disk is full: the packages need about 600 MB' },
  {
    codes: /^(EACCES|EPERM|EROFS)$/,
    remedy: 'a file may not be written: check who owns node_modules and the folder of `npm config get cache`',
  },
]

/**
 * The sentence for a failed npm ci.
 * @param {string | undefined} code npm's, such as ENOTFOUND
 * @param {number | null} status
 */
export function remedyFor(code, status) {
  const known = remedies.find(({ codes }) => code !== undefined && codes.test(code))
  const failed = `npm ci failed with ${code ?? `status ${status}`} (see above)`
  return `${failed}: ${known?.remedy ?? 'fix what npm reports there'}; then run the command again`
}
