/** What we use of dynalite, which has no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http'
  /** A DynamoDB in memory. @param createTableMs how long a new table is not yet there */
  export default function dynalite(options: { readonly createTableMs: number }): Server
}
