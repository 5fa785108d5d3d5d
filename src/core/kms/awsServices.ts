/**
 * Display names of AWS services, by the first label of their service principal. Source: the services' user guides.
 * Lists only services that use KMS grants, or could.
 */
const names: Readonly<Record<string, string>> = {
  acm: 'AWS Certificate Manager',
  airflow: 'Amazon MWAA',
  'airflow-env': 'Amazon MWAA',
  amplify: 'AWS Amplify',
  aoss: 'Amazon OpenSearch Serverless',
  apigateway: 'Amazon API Gateway',
  'app-integrations': 'Amazon AppIntegrations',
  appfabric: 'AWS AppFabric',
  appflow: 'Amazon AppFlow',
  'application-autoscaling': 'Application Auto Scaling',
  apprunner: 'AWS App Runner',
  appstream: 'Amazon AppStream',
  aps: 'Amazon Managed Service for Prometheus',
  athena: 'Amazon Athena',
  autoscaling: 'Amazon EC2 Auto Scaling',
  backup: 'AWS Backup',
  batch: 'AWS Batch',
  bedrock: 'Amazon Bedrock',
  'bedrock-agentcore': 'Amazon Bedrock AgentCore',
  cassandra: 'Amazon Keyspaces',
  chime: 'Amazon Chime SDK',
  cleanrooms: 'AWS Clean Rooms',
  cloudfront: 'Amazon CloudFront',
  cloudtrail: 'AWS CloudTrail',
  codeartifact: 'AWS CodeArtifact',
  codebuild: 'AWS CodeBuild',
  codecatalyst: 'Amazon CodeCatalyst',
  'codeguru-reviewer': 'Amazon CodeGuru',
  codepipeline: 'AWS CodePipeline',
  comprehend: 'Amazon Comprehend',
  connect: 'Amazon Connect',
  'connect-campaigns': 'Amazon Connect',
  databrew: 'AWS Glue DataBrew',
  dataexchange: 'AWS Data Exchange',
  datazone: 'Amazon DataZone',
  dax: 'Amazon DynamoDB Accelerator',
  deadline: 'AWS Deadline Cloud',
  'devops-guru': 'Amazon DevOps Guru',
  dlm: 'Amazon Data Lifecycle Manager',
  dms: 'AWS Database Migration Service',
  docdb: 'Amazon DocumentDB',
  'docdb-elastic': 'Amazon DocumentDB',
  drs: 'AWS Elastic Disaster Recovery',
  ds: 'AWS Directory Service',
  dsql: 'Amazon Aurora DSQL',
  dynamodb: 'Amazon DynamoDB',
  ebs: 'Amazon EBS',
  ec2: 'Amazon EC2',
  ec2fleet: 'Amazon EC2 Fleet',
  ec2spot: 'Amazon EC2 Spot',
  ecr: 'Amazon ECR',
  ecs: 'Amazon ECS',
  eks: 'Amazon EKS',
  'eks-fargate': 'Amazon EKS',
  'eks-fargate-pods': 'Amazon EKS',
  'eks-nodegroup': 'Amazon EKS',
  elasticache: 'Amazon ElastiCache',
  elasticfilesystem: 'Amazon EFS',
  elasticloadbalancing: 'Elastic Load Balancing',
  elasticmapreduce: 'Amazon EMR',
  'emr-serverless': 'Amazon EMR',
  entityresolution: 'AWS Entity Resolution',
  es: 'Amazon OpenSearch Service',
  events: 'Amazon EventBridge',
  fargate: 'AWS Fargate',
  finspace: 'Amazon FinSpace',
  firehose: 'Amazon Data Firehose',
  forecast: 'Amazon Forecast',
  frauddetector: 'Amazon Fraud Detector',
  fsx: 'Amazon FSx',
  gamelift: 'Amazon GameLift',
  geo: 'Amazon Location Service',
  glue: 'AWS Glue',
  grafana: 'Amazon Managed Grafana',
  guardduty: 'Amazon GuardDuty',
  healthlake: 'AWS HealthLake',
  imagebuilder: 'EC2 Image Builder',
  inspector2: 'Amazon Inspector',
  iot: 'AWS IoT Core',
  iotfleetwise: 'AWS IoT FleetWise',
  iotsitewise: 'AWS IoT SiteWise',
  ivs: 'Amazon IVS',
  kafka: 'Amazon MSK',
  kendra: 'Amazon Kendra',
  kinesis: 'Amazon Kinesis Data Streams',
  kinesisanalytics: 'Amazon Managed Service for Apache Flink',
  kinesisvideo: 'Amazon Kinesis Video Streams',
  kms: 'AWS KMS',
  lakeformation: 'AWS Lake Formation',
  lambda: 'AWS Lambda',
  lex: 'Amazon Lex',
  lightsail: 'Amazon Lightsail',
  logs: 'Amazon CloudWatch Logs',
  lookoutequipment: 'Amazon Lookout for Equipment',
  lookoutmetrics: 'Amazon Lookout for Metrics',
  lookoutvision: 'Amazon Lookout for Vision',
  m2: 'AWS Mainframe Modernization',
  macie: 'Amazon Macie',
  managedblockchain: 'Amazon Managed Blockchain',
  'medical-imaging': 'AWS HealthImaging',
  memorydb: 'Amazon MemoryDB',
  mgn: 'AWS Application Migration Service',
  mq: 'Amazon MQ',
  neptune: 'Amazon Neptune',
  'neptune-graph': 'Amazon Neptune',
  'network-firewall': 'AWS Network Firewall',
  omics: 'AWS HealthOmics',
  opensearchservice: 'Amazon OpenSearch Service',
  osis: 'Amazon OpenSearch Ingestion',
  personalize: 'Amazon Personalize',
  pipes: 'Amazon EventBridge',
  profile: 'Amazon Connect Customer Profiles',
  q: 'Amazon Q',
  qapps: 'Amazon Q Business',
  qbusiness: 'Amazon Q Business',
  qldb: 'Amazon QLDB',
  quicksight: 'Amazon QuickSight',
  rds: 'Amazon RDS',
  redshift: 'Amazon Redshift',
  'redshift-data': 'Amazon Redshift',
  'redshift-serverless': 'Amazon Redshift',
  rekognition: 'Amazon Rekognition',
  s3: 'Amazon S3',
  's3-outposts': 'Amazon S3',
  s3express: 'Amazon S3',
  s3tables: 'Amazon S3',
  s3vectors: 'Amazon S3',
  sagemaker: 'Amazon SageMaker AI',
  'sagemaker-geospatial': 'Amazon SageMaker AI',
  scheduler: 'Amazon EventBridge',
  scn: 'AWS Supply Chain',
  secretsmanager: 'AWS Secrets Manager',
  securitylake: 'Amazon Security Lake',
  ses: 'Amazon SES',
  sns: 'Amazon SNS',
  spot: 'Amazon EC2 Spot',
  spotfleet: 'Amazon EC2 Spot',
  sqs: 'Amazon SQS',
  ssm: 'AWS Systems Manager',
  sso: 'AWS IAM Identity Center',
  states: 'AWS Step Functions',
  storagegateway: 'AWS Storage Gateway',
  synthetics: 'Amazon CloudWatch Synthetics',
  timestream: 'Amazon Timestream',
  'timestream-influxdb': 'Amazon Timestream',
  transcribe: 'Amazon Transcribe',
  transfer: 'AWS Transfer Family',
  translate: 'Amazon Translate',
  'verified-access': 'AWS Verified Access',
  verifiedpermissions: 'Amazon Verified Permissions',
  vmie: 'VM Import/Export',
  voiceid: 'Amazon Connect Voice ID',
  'vpc-lattice': 'Amazon VPC Lattice',
  wisdom: 'Amazon Q in Connect',
  workmail: 'Amazon WorkMail',
  workspaces: 'Amazon WorkSpaces',
  'workspaces-web': 'Amazon WorkSpaces Secure Browser',
  xray: 'AWS X-Ray',
};

/** The suffixes of service principals: the DNS suffixes of AWS's partitions, and `amazon.com` for some services. */
export const serviceSuffixes: readonly string[] = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
  'amazon.com',
];

const suffix = new RegExp(`\\.(?:${serviceSuffixes.map((one) => one.replaceAll('.', '\\.')).join('|')})$`, 'i');

/** `us-east-1`, `us-gov-west-1`, `cn-north-1`, `ap-southeast-2`, `us-iso-east-1`, `eusc-de-east-1`. */
const region = /^[a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2}$/;

/** The display name of a service that can't be identified. */
export const unknownService = 'AWS';

/** Whether the value looks like a service principal: `rds.amazonaws.com`, `dynamodb.us-west-2.amazonaws.com`. */
export function isServicePrincipal(value: string): boolean {
  return /^[\w-]+(?:\.[\w-]+)*$/.test(value) && suffix.test(value);
}

/** The display name of the service behind a service principal, or the principal itself if the service is unknown. */
export function serviceName(principal: string): string {
  const labels = principal.toLowerCase().replace(suffix, '').split('.');
  const own = labels.filter((label) => !region.test(label));
  // In `replication.dynamodb` and `mrk.kms`, the last label names the service.
  const names = own.map((_, first) => nameOf(own.slice(first).join('.')));
  return names.find((name) => name !== undefined) ?? principal;
}

/** The display name of the service behind an AWS-owned session, such as `aws:ec2-infrastructure`. */
export function serviceOfSession(role: string): string {
  const service = role.replace(/^aws:/, '');
  return nameOf(service) ?? nameOf(service.replace(/-infrastructure$/, '')) ?? role;
}

/**
 * The display name of the service that owns a service-linked role, such as `AWSServiceRoleForRDS`, or the role name if
 * the service is unknown. `undefined` for other roles: IAM reserves the prefix.
 */
export function serviceOfLinkedRole(role: string): string | undefined {
  const service = /^AWSServiceRoleFor(?:Amazon|AWS)?([A-Za-z0-9]+)/.exec(role)?.[1];
  return service === undefined ? undefined : (nameOf(service.toLowerCase()) ?? role);
}

/**
 * The display name of the service that an ARN or an encryption context key names, such as `lambda` in
 * `aws:lambda:FunctionArn`. An unknown service keeps AWS's spelling.
 */
export function serviceOfLabel(label: string): string {
  return nameOf(label.toLowerCase()) ?? (/^[\w-]+$/.test(label) ? label : unknownService);
}

/** The display name of the service that an AWS managed key belongs to, by its alias, such as `alias/aws/ebs`. */
export function serviceOfAlias(alias: string): string | undefined {
  return /^alias\/aws\//.test(alias) ? nameOf(alias.replace('alias/aws/', '')) : undefined;
}

/** Uses `hasOwn` because a principal may be named `constructor`. */
function nameOf(service: string): string | undefined {
  return Object.hasOwn(names, service) ? names[service] : undefined;
}
