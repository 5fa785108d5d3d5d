/**
 * Names of AWS services, from what their principals are called. From the services' own user guides; only those that use
 * KMS grants, or could, are worth a line.
 */
const names: Readonly<Record<string, string>> = {
  acm: 'AWS Certificate Manager',
  aoss: 'Amazon OpenSearch Serverless',
  appflow: 'Amazon AppFlow',
  apprunner: 'AWS App Runner',
  athena: 'Amazon Athena',
  autoscaling: 'Amazon EC2 Auto Scaling',
  backup: 'AWS Backup',
  batch: 'AWS Batch',
  bedrock: 'Amazon Bedrock',
  cassandra: 'Amazon Keyspaces',
  cloudfront: 'Amazon CloudFront',
  cloudtrail: 'AWS CloudTrail',
  codeartifact: 'AWS CodeArtifact',
  codebuild: 'AWS CodeBuild',
  codepipeline: 'AWS CodePipeline',
  connect: 'Amazon Connect',
  dax: 'Amazon DynamoDB Accelerator',
  'delivery.logs': 'Amazon CloudWatch Logs',
  dms: 'AWS Database Migration Service',
  drs: 'AWS Elastic Disaster Recovery',
  dynamodb: 'Amazon DynamoDB',
  'replication.dynamodb': 'Amazon DynamoDB',
  ebs: 'Amazon EBS',
  ec2: 'Amazon EC2',
  'ec2-infrastructure': 'Amazon EC2',
  'ec2.application-autoscaling': 'Application Auto Scaling',
  'application-autoscaling': 'Application Auto Scaling',
  'dynamodb.application-autoscaling': 'Application Auto Scaling',
  ec2fleet: 'Amazon EC2 Fleet',
  ecr: 'Amazon ECR',
  ecs: 'Amazon ECS',
  eks: 'Amazon EKS',
  'eks-nodegroup': 'Amazon EKS',
  elasticache: 'Amazon ElastiCache',
  elasticfilesystem: 'Amazon EFS',
  elasticmapreduce: 'Amazon EMR',
  es: 'Amazon OpenSearch Service',
  events: 'Amazon EventBridge',
  firehose: 'Amazon Data Firehose',
  fsx: 'Amazon FSx',
  glue: 'AWS Glue',
  grafana: 'Amazon Managed Grafana',
  healthlake: 'AWS HealthLake',
  imagebuilder: 'EC2 Image Builder',
  kafka: 'Amazon MSK',
  kendra: 'Amazon Kendra',
  kinesis: 'Amazon Kinesis Data Streams',
  kinesisvideo: 'Amazon Kinesis Video Streams',
  'cks.kms': 'AWS KMS',
  kms: 'AWS KMS',
  'mrk.kms': 'AWS KMS',
  lambda: 'AWS Lambda',
  lex: 'Amazon Lex',
  lightsail: 'Amazon Lightsail',
  logs: 'Amazon CloudWatch Logs',
  macie: 'Amazon Macie',
  memorydb: 'Amazon MemoryDB',
  mgn: 'AWS Application Migration Service',
  mq: 'Amazon MQ',
  opensearchservice: 'Amazon OpenSearch Service',
  rds: 'Amazon RDS',
  redshift: 'Amazon Redshift',
  s3: 'Amazon S3',
  sagemaker: 'Amazon SageMaker AI',
  secretsmanager: 'AWS Secrets Manager',
  sns: 'Amazon SNS',
  spot: 'Amazon EC2 Spot',
  spotfleet: 'Amazon EC2 Spot',
  sqs: 'Amazon SQS',
  ssm: 'AWS Systems Manager',
  states: 'AWS Step Functions',
  storagegateway: 'AWS Storage Gateway',
  timestream: 'Amazon Timestream',
  transfer: 'AWS Transfer Family',
  workmail: 'Amazon WorkMail',
  workspaces: 'Amazon WorkSpaces',
};

/** The DNS suffixes of AWS's partitions, which its service principals end in. */
const suffix = /\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;

/** `us-east-1`, `us-gov-west-1`, `cn-north-1`, `ap-southeast-2`, `us-iso-east-1`, `eusc-de-east-1`. */
const region = /^[a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2}$/;

/** Whether it has the form of a service principal, such as `rds.amazonaws.com` or `dynamodb.us-west-2.amazonaws.com`. */
export function isServicePrincipal(value: string): boolean {
  return /^[\w-]+(?:\.[\w-]+)*$/.test(value) && suffix.test(value);
}

/** The name of the service behind a service principal; the principal itself where we know no other name for it. */
export function serviceName(principal: string): string {
  const labels = principal.replace(suffix, '').split('.');
  const service = labels.filter((label) => !region.test(label)).join('.');
  return nameOf(service) ?? principal;
}

/** The name of the service behind a session that AWS itself opened, such as `aws:ec2-infrastructure`. */
export function serviceOfSession(role: string): string {
  const service = role.replace(/^aws:/, '');
  return nameOf(service) ?? nameOf(service.replace(/-infrastructure$/, '')) ?? role;
}

/** The name of the service that an AWS managed key is of, by its alias, such as `alias/aws/ebs`. */
export function serviceOfAlias(alias: string): string | undefined {
  return /^alias\/aws\//.test(alias) ? nameOf(alias.replace('alias/aws/', '')) : undefined;
}

/** Not `names[service]`: a principal may be called `constructor`. */
function nameOf(service: string): string | undefined {
  return Object.hasOwn(names, service) ? names[service] : undefined;
}
