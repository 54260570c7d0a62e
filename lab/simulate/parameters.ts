/** What the simulator assumes of AWS and Kubernetes, with where it was read. All times in seconds. */

/**
 * From the decision to start a Fargate task to the first slot that consumes: a log-normal distribution. AWS publishes
 * no figure. Others measured about 60 s with an image of 250 MB (aws/containers-roadmap#696), 60 to 90 s (#649) and
 * 45 s (aws-samples/amazon-chime-sdk-recording-demo#44); Warren's own start takes less than one. `--start-seconds`
 * changes the median.
 */
export const fargateStart = { medianSeconds: 55, share95Seconds: 90 }

/** Fargate charges from the image's pull on, and at least a minute: here from the decision. https://aws.amazon.com/fargate/pricing/ */
export const minBilledSeconds = 60

/** How often AWS's own metrics have a data point, and the queue probe's unless the template says otherwise. */
export const metricSeconds = 60

/**
 * How often an alarm is looked at: once a minute, a high-resolution one every ten seconds.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export const evaluationSeconds = (periodSeconds: number) => (periodSeconds < 60 ? 10 : 60)

/** While an alarm stays on, it calls a scaling action once a minute, whatever its period: https://repost.aws/knowledge-center/autoscaling-policy-cloudwatch-alarm */
export const actionSeconds = 60

/**
 * From a data point until an alarm has acted on it: its period must be over, and the alarm be looked at. So half a minute
 * to a minute and a half, the same for a whole run since both clocks tick alike. At high resolution also the seconds
 * count that a log line takes to become a data point ("a few", AWS publishes no figure): five are assumed.
 */
export function alarmLagSeconds(periodSeconds: number): { readonly from: number; readonly to: number } {
  const between = evaluationSeconds(periodSeconds)
  return between === 60 ? { from: 30, to: 90 } : { from: 5, to: 5 + periodSeconds + between }
}

/** After so long a try turns on ECS task protection: `longMs` in services/worker/protection.ts. */
export const protectedAfterSeconds = 30

/**
 * SIGTERM to SIGKILL where nobody set it: ECS's `stopTimeout` and Kubernetes' `terminationGracePeriodSeconds` are both 30.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
 */
export const defaultStopSeconds = 30

/** From an acknowledgement to the start of the next task on that slot: a round trip to a quorum queue, measured at 1.7 ms. */
export const dispatchSeconds = 0.002

/**
 * KEDA's RabbitMQ scaler and the HPA that it makes, by their documentation: `QueueLength` of 20 ready messages for a pod,
 * none at rest, looked at every 30 s to leave zero and 300 s after the last message to return to it. The HPA runs every
 * 15 s, ignores differences of a tenth, at most doubles or adds four pods each time, and takes the highest wish of the
 * last 300 s before it takes pods away.
 * https://keda.sh/docs/latest/scalers/rabbitmq-queue/ https://keda.sh/docs/latest/reference/scaledobject-spec/
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior
 */
export const keda = {
  messagesPerPod: 20,
  pollingSeconds: 30,
  cooldownSeconds: 300,
  syncSeconds: 15,
  tolerance: 0.1,
  maxAddedPods: 4,
  stabilizationSeconds: 300,
}

/** What a CPU policy is usually set to, in percent. */
export const cpuTarget = 70
