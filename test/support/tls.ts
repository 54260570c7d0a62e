import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Certificate files of a server on this machine, and of the authority that signed it. */
export interface TlsFixture {
  readonly cert: string
  readonly key: string
  readonly ca: string
  remove(): void
}

/** What may be wrong with a server's certificate. */
export interface TlsOptions {
  /** As in a certificate's subjectAltName. Default: localhost, 127.0.0.1 and ::1. */
  readonly names?: string
  /** From now until it expires; a negative number makes one that has expired. Default: 2. */
  readonly days?: number
}

/** Makes a certificate authority and a server certificate that it has signed. */
export function createTls({
  names = 'DNS:localhost,IP:127.0.0.1,IP:::1',
  days = 2,
}: TlsOptions = {}): TlsFixture {
  const folder = mkdtempSync(join(tmpdir(), 'warren-tls-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const authority = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign',
  ]
  openssl(
    'req',
    '-x509',
    ...curve,
    '-days',
    '2',
    '-subj',
    '/CN=warren test authority',
    ...authority,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  )
  openssl(
    'req',
    ...curve,
    '-subj',
    '/CN=localhost',
    '-keyout',
    file('server.key'),
    '-out',
    file('server.csr'),
  )
  writeFileSync(file('names'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`)
  openssl(
    'x509',
    '-req',
    '-days',
    String(days),
    '-in',
    file('server.csr'),
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-extfile',
    file('names'),
    '-out',
    file('server.pem'),
  )
  // containers read it as another user; the keys are this user's only
  chmodSync(file('ca.pem'), 0o644)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  return { cert: file('server.pem'), key: file('server.key'), ca: file('ca.pem'), remove }
}
