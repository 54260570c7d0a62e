/**
 * Where X-Ray's console shows a trace. Its ids are those of W3C with the first 32 bits set apart:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
 */
export function xrayUrl(region: string, traceId: string): string {
  const id = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#xray:traces/${id}`
}
