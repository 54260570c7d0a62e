/**
 * How long a fault waits for what it cannot do without, in seconds: another one at the same time may hold that up, on
 * three nodes for longer than a minute. How soon all is well again is timed elsewhere.
 */
export const patienceSeconds = 100
