/** Whether AWS and this machine know a time zone by this name, such as `Europe/Berlin`; offsets are no names. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z]\w+(\/[\w+-]+)*$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
