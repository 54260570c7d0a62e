import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import type * as ecs from 'aws-cdk-lib/aws-ecs'
import type * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Variables } from '../../services/contract/environment.ts'
import type { tasksEnvironment } from '../../services/tasks/environment.ts'

/** What the handlers of one worker class run as. */
export interface HandlerIdentity {
  /** The worker class's name. */
  readonly workerClass: string
  /** What handlers may do in AWS. */
  readonly role: iam.IRole
  /** What handlers may reach: HTTPS (443) and the broker, unless a rule is added. */
  readonly securityGroup: ec2.SecurityGroup
  readonly container: ecs.ContainerDefinition
}

/**
 * What handlers need beside the queue: the one place for your team's resources, grants, variables and secrets.
 *
 * An S3 bucket, for example: make it in the constructor (`this.bucket = new s3.Bucket(this, 'Results', { … })`), declare
 * `RESULTS_BUCKET` in services/tasks/environment.ts, and here
 *
 *     this.bucket.grantPut(role)
 *     container.addEnvironment('RESULTS_BUCKET', this.bucket.bucketName)
 *
 * A secret: `container.addSecret('API_KEY', ecs.Secret.fromSecretsManager(secret))`. A database:
 * `securityGroup.connections.allowTo(database, ec2.Port.tcp(5432))`.
 */
export class TaskAccess extends Construct {
  /** Called once for each worker class. */
  grant({ container }: HandlerIdentity): void {
    const variables: Variables<typeof tasksEnvironment> = {}
    for (const [name, value] of Object.entries(variables)) container.addEnvironment(name, value)
  }
}
