/**
 * The endpoint's description: the name of the file that stands beside the producer's code, and where the endpoint serves
 * it. In a file of its own, so that the producer has the name without what writes the file.
 */
export const openApiFile = 'openapi.json'
