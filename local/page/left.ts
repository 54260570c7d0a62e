import type { ServerResponse } from 'node:http'

/**
 * Calls back once when whoever asked has gone, or has the whole answer. A connection of this server may be closed on
 * one side alone, so that a browser which leaves would be noticed with the next write only.
 */
export function whenLeft(response: ServerResponse, then: () => void): void {
  const end = () => response.destroy()
  // the response lets go of it before it closes
  const { socket } = response
  socket?.once('end', end)
  response.once('close', () => {
    socket?.off('end', end)
    then()
  })
}
