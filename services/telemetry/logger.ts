import { type Logger, type LogLevel, logLevels } from '../contract/log.ts'

/** A logger that drops what is below `level` and hands each line to `write`, without the line break. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Logger {
  const from = logLevels.indexOf(level)
  const at =
    (name: LogLevel) =>
    (msg: string, fields: object = {}) => {
      if (logLevels.indexOf(name) < from) return
      write(JSON.stringify({ time: new Date().toISOString(), level: name, msg, ...fields }))
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
