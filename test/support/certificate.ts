import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './commands.ts'
import { toolsMissing } from './tools.ts'

export const opensslMissing = toolsMissing({ openssl: 'openssl' })

/** A certificate of localhost, 127.0.0.1 and ::1, signed by itself. */
export interface Certificate extends Disposable {
  readonly key: string
  readonly cert: string
  /** The file of `cert`, for NODE_EXTRA_CA_CERTS. */
  readonly path: string
}

export async function selfSigned(): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-'))
  const [key, path] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=localhost', '-addext', names, '-keyout', key, '-out', path],
  ])
  return {
    key: readFileSync(key, 'utf8'),
    cert: readFileSync(path, 'utf8'),
    path,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
