/** Programs of others that do the same work, installed under `.warren/peers`. */
export interface Peers {
  /** The Python that has pika, Celery and Dramatiq. */
  readonly python: string
  /** The folder whose node_modules has the Node clients. */
  readonly node: string
  /** Name to installed version. */
  readonly versions: Readonly<Record<string, string>>
}
