import type { CloudTrailFilter } from '../core/kms/kmsApi.ts';

/** A Region to choose from. */
interface Region {
  readonly name: string;
  /** AWS's own name for it. */
  readonly description: string;
}

/** Whether a text has the form of a Region's name; the table below may not know it yet. */
export function isRegionName(text: string): boolean {
  return /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(text);
}

/**
 * The Regions of every partition: commercial ones first, then GovCloud, China, the European Sovereign Cloud and the
 * isolated ones. From the SDK's own data, which it does not export; a test compares this table with it.
 */
export const regions: readonly Region[] = [
  // aws
  { name: 'af-south-1', description: 'Africa (Cape Town)' },
  { name: 'ap-east-1', description: 'Asia Pacific (Hong Kong)' },
  { name: 'ap-east-2', description: 'Asia Pacific (Taipei)' },
  { name: 'ap-northeast-1', description: 'Asia Pacific (Tokyo)' },
  { name: 'ap-northeast-2', description: 'Asia Pacific (Seoul)' },
  { name: 'ap-northeast-3', description: 'Asia Pacific (Osaka)' },
  { name: 'ap-south-1', description: 'Asia Pacific (Mumbai)' },
  { name: 'ap-south-2', description: 'Asia Pacific (Hyderabad)' },
  { name: 'ap-southeast-1', description: 'Asia Pacific (Singapore)' },
  { name: 'ap-southeast-2', description: 'Asia Pacific (Sydney)' },
  { name: 'ap-southeast-3', description: 'Asia Pacific (Jakarta)' },
  { name: 'ap-southeast-4', description: 'Asia Pacific (Melbourne)' },
  { name: 'ap-southeast-5', description: 'Asia Pacific (Malaysia)' },
  { name: 'ap-southeast-6', description: 'Asia Pacific (New Zealand)' },
  { name: 'ap-southeast-7', description: 'Asia Pacific (Thailand)' },
  { name: 'ca-central-1', description: 'Canada (Central)' },
  { name: 'ca-west-1', description: 'Canada West (Calgary)' },
  { name: 'eu-central-1', description: 'Europe (Frankfurt)' },
  { name: 'eu-central-2', description: 'Europe (Zurich)' },
  { name: 'eu-north-1', description: 'Europe (Stockholm)' },
  { name: 'eu-south-1', description: 'Europe (Milan)' },
  { name: 'eu-south-2', description: 'Europe (Spain)' },
  { name: 'eu-west-1', description: 'Europe (Ireland)' },
  { name: 'eu-west-2', description: 'Europe (London)' },
  { name: 'eu-west-3', description: 'Europe (Paris)' },
  { name: 'il-central-1', description: 'Israel (Tel Aviv)' },
  { name: 'me-central-1', description: 'Middle East (UAE)' },
  { name: 'me-south-1', description: 'Middle East (Bahrain)' },
  { name: 'me-west-1', description: 'Middle East (Saudi Arabia)' },
  { name: 'mx-central-1', description: 'Mexico (Central)' },
  { name: 'sa-east-1', description: 'South America (Sao Paulo)' },
  { name: 'sa-west-1', description: 'South America (Chile)' },
  { name: 'us-east-1', description: 'US East (N. Virginia)' },
  { name: 'us-east-2', description: 'US East (Ohio)' },
  { name: 'us-west-1', description: 'US West (N. California)' },
  { name: 'us-west-2', description: 'US West (Oregon)' },
  // aws-us-gov
  { name: 'us-gov-east-1', description: 'AWS GovCloud (US-East)' },
  { name: 'us-gov-west-1', description: 'AWS GovCloud (US-West)' },
  // aws-cn
  { name: 'cn-north-1', description: 'China (Beijing)' },
  { name: 'cn-northwest-1', description: 'China (Ningxia)' },
  // aws-eusc
  { name: 'eusc-de-east-1', description: 'AWS European Sovereign Cloud (Germany)' },
  // aws-iso
  { name: 'us-iso-east-1', description: 'US ISO East' },
  { name: 'us-iso-west-1', description: 'US ISO WEST' },
  // aws-iso-b
  { name: 'us-isob-east-1', description: 'US ISOB East (Ohio)' },
  { name: 'us-isob-west-1', description: 'US ISOB West' },
  // aws-iso-e
  { name: 'eu-isoe-west-1', description: 'EU ISOE West' },
  // aws-iso-f
  { name: 'us-isof-east-1', description: 'US ISOF EAST' },
  { name: 'us-isof-south-1', description: 'US ISOF SOUTH' },
];

/** A partition: Regions that have their own accounts, endpoints and console. */
interface Partition {
  readonly id: string;
  /** Matches the names of its Regions, also of those that the SDK does not list yet. */
  readonly regionForm: RegExp;
  /** Regions that every account has (AWS Account Management Reference Guide, "Enable or disable AWS Regions"). */
  readonly alwaysEnabled?: readonly [string, string];
  /** The host of its console for a Region; undefined where it is not public. */
  readonly console?: (region: string) => string;
}

/** From the SDK's own data, with which a test compares them; the hosts of the consoles are from AWS's documentation. */
export const partitions: readonly Partition[] = [
  {
    id: 'aws',
    regionForm: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
    alwaysEnabled: ['us-east-1', 'us-west-2'],
    console: (region) => `${region}.console.aws.amazon.com`,
  },
  {
    id: 'aws-cn',
    regionForm: /^cn-\w+-\d+$/,
    alwaysEnabled: ['cn-north-1', 'cn-northwest-1'],
    console: () => 'console.amazonaws.cn',
  },
  { id: 'aws-eusc', regionForm: /^eusc-(de)-\w+-\d+$/, console: () => 'console.amazonaws-eusc.eu' },
  { id: 'aws-iso', regionForm: /^us-iso-\w+-\d+$/ },
  { id: 'aws-iso-b', regionForm: /^us-isob-\w+-\d+$/ },
  { id: 'aws-iso-e', regionForm: /^eu-isoe-\w+-\d+$/ },
  { id: 'aws-iso-f', regionForm: /^us-isof-\w+-\d+$/ },
  {
    id: 'aws-us-gov',
    regionForm: /^us-gov-\w+-\d+$/,
    alwaysEnabled: ['us-gov-west-1', 'us-gov-east-1'],
    console: () => 'console.amazonaws-us-gov.com',
  },
];

/** The page of KMS in the AWS console, of a Region or of one key; undefined where no console is known. */
export function consoleUrl(region: string, keyId?: string): string | undefined {
  const page = keyId === undefined ? '/kms/keys' : `/kms/keys/${encodeURIComponent(keyId)}`;
  return consolePage(region, 'kms', page);
}

/**
 * CloudTrail's event history of a Region, filtered; undefined where no console is known. It filters by one attribute
 * only: by the key or by the event's name (CloudTrail User Guide, "Filtering CloudTrail events").
 */
export function cloudTrailUrl(region: string, filter: CloudTrailFilter): string | undefined {
  const attribute =
    filter.kind === 'key' ? `ResourceName=${encodeURIComponent(filter.keyArn)}` : `EventName=${filter.name}`;
  return consolePage(region, 'cloudtrailv2', `/events?${attribute}`);
}

function consolePage(region: string, service: string, page: string): string | undefined {
  const host = partitions.find(({ regionForm }) => regionForm.test(region))?.console?.(region);
  return host === undefined ? undefined : `https://${host}/${service}/home?region=${region}#${page}`;
}

/**
 * Another Region of the same partition, in which every account may use STS; undefined where none is known. Each
 * partition lists two, since the question can be about one of them.
 */
export function witnessRegion(region: string): string | undefined {
  const partition = partitions.find(({ regionForm }) => regionForm.test(region));
  return partition?.alwaysEnabled?.find((name) => name !== region);
}
