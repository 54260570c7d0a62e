import { stripVTControlCharacters } from 'node:util'

/** What somebody else chose, on one line and without control characters, so that it cannot steer a terminal. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
}
