/** Where the worker answers its health check inside the container. */
export const healthPort = 8_080

/**
 * ECS's health check of the worker container: asks the worker on loopback and expects the line `ok`. bash opens the
 * connection itself: the check needs no second Node process, no other program and no file.
 */
export const healthCheckCommand = (port: number = healthPort): string[] => [
  'CMD',
  'bash',
  '-c',
  `exec 3<>/dev/tcp/127.0.0.1/${port} && read -r -t 3 answer <&3 && echo "$answer" && [ "$answer" = ok ]`,
]
