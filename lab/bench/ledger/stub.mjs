import { createServer } from 'node:http'

// a DynamoDB that takes all and keeps nothing: what is left is what the worker does about it
const server = createServer((incoming, outgoing) => {
  incoming.resume().on('end', () => {
    outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}')
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
// it ends with who has started it
process.stdin.on('end', () => process.exit()).resume()
