import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { startProxy } from '../host/proxy.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { type Kms, secrets, startKms } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench, type LaunchOptions } from './driver/launch.ts';
import type { Workbench } from './driver/workbench.ts';

const region = 'eu-west-1';
/** The proxy lets nobody through to its hosts. */
const refusedRegion = 'us-east-1';
const hosts = [`kms.${region}.amazonaws.com`, `sts.${region}.amazonaws.com`];
const principalArn = 'arn:aws:iam::111122223333:user/ana';

/**
 * AWS behind a company's proxy: no endpoint is configured, so the SDK goes to AWS's own host names, and only VS Code
 * knows of the proxy. Signatures are checked, and with them the host that each request was for.
 */
async function behindProxy(
  work: (kms: Kms, launch: LaunchOptions, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  await using temporary = await temporaryFolder('proxy');
  const folder = temporary.path;
  await using kms = await startKms(
    { keys: 5, grantsPerKey: 5, region },
    {
      propagation: { minMs: 100, maxMs: 900 },
      secrets: { [secrets.accessKeyId]: { secretAccessKey: secrets.secretAccessKey, principalArn } },
    },
  );
  await using proxy = await startProxy({ hosts, target: kms.url, folder });
  const { endpoint_url: _, ...profile } = kms.profile;
  const launch = {
    awsConfig: { default: profile },
    settings: { 'http.proxy': proxy.url },
    env: { NODE_EXTRA_CA_CERTS: proxy.authority },
  };
  await work(kms, launch, proxy.asked);
}

test("through VS Code's proxy, the SDK reaches AWS by its own names; there a revoke is first tried dry", async () => {
  await behindProxy(async (kms, launch, asked) => {
    const regions = [region, refusedRegion];
    const machineSettings = { 'kmsGrants.connections': regions.map((one) => ({ profile: 'default', region: one })) };
    await inWorkbench('proxy', { ...launch, machineSettings }, async (workbench) => {
      const { tree } = workbench;
      await workbench.openView();
      await workbench.openMachineConnections();
      await workbench.setViewWidth(480);
      await tree.row(/^default eu-west-1 · 111122223333$/);
      await tree.expand('orders-db');
      await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
      const { detail } = await workbench.dialog();
      assert.doesNotMatch(detail, /Custom endpoint/);
      assert.match(detail, /Signed in as: arn:aws:iam::111122223333:user\/ana/);
      await workbench.screenshot('proxy-confirm');
      const sent = () => kms.emulator.requests.filter(({ operation }) => operation === 'RevokeGrant');
      assert.deepEqual(
        sent().map(({ input, errorCode }) => [input['DryRun'], errorCode]),
        [[true, 'DryRunOperationException']],
      );
      await workbench.pressDialog('Revoke Grant');
      await workbench.notification(/^Grant nightly-export on orders-db/, 60_000);
      const [dry, wet] = sent();
      assert.equal(sent().length, 2);
      assert.deepEqual(
        [wet?.status, wet?.input],
        [200, { KeyId: dry?.input['KeyId'], GrantId: dry?.input['GrantId'] }],
      );

      const refused = hosts.map((host) => host.replace(region, refusedRegion));
      assert.deepEqual(new Set(asked), new Set([...hosts, ...refused].map((host) => `${host}:443`)));
      await tree.row(/^default us-east-1/, /^Unexpected answer .*A proxy, a captive portal/);
      await workbench.screenshot('proxy-refuses');
    });
  });
});

test('Open in AWS Console and Show in CloudTrail open the pages of the Region, the key and the events', async () => {
  await behindProxy(async (kms, launch) => {
    await inWorkbench('console', launch, async (workbench) => {
      const { tree, quickInput } = workbench;
      const key = kms.emulator.account.aliases.get('alias/orders-db')?.targetKeyId ?? '';
      const keyArn = `arn:aws:kms:${region}:111122223333:key/${key}`;
      const site = `https://${region}.console.aws.amazon.com`;
      await workbench.openView();
      await workbench.setViewWidth(480);
      await tree.expand('orders-db');

      await workbench.pressContextMenu('Open in AWS Console', /^default eu-west-1/);
      assert.match((await workbench.dialog()).message, /open the external website/);
      await workbench.screenshot('console-question');
      assert.equal(await openedPage(workbench), `${site}/kms/home?region=${region}#/kms/keys`);

      await workbench.pressContextMenu('Open in AWS Console', 'orders-db');
      assert.equal(await openedPage(workbench), `${site}/kms/home?region=${region}#/kms/keys/${key}`);

      const events = `${site}/cloudtrailv2/home?region=${region}#/events`;
      const choices = {
        'RevokeGrant events': `${events}?EventName=RevokeGrant`,
        'RetireGrant events': `${events}?EventName=RetireGrant`,
        'CreateGrant events': `${events}?EventName=CreateGrant`,
        'All events of this key': `${events}?ResourceName=${keyArn}`,
      };
      for (const [choice, url] of Object.entries(choices)) {
        await workbench.pressContextMenu('Show in CloudTrail…', 'orders-db', 'nightly-export');
        await quickInput.until('the choice', ({ items }) => items.length === Object.keys(choices).length);
        await workbench.screenshot('cloudtrail-choice');
        await quickInput.pick(choice);
        assert.equal(await openedPage(workbench), url);
      }
    });
  });
});

test('a proxy whose certificates VS Code does not trust is reported as the obstacle', async () => {
  await behindProxy(async ({ emulator }, { env: _, ...launch }) => {
    await inWorkbench('not trusted', launch, async (workbench) => {
      await workbench.openView();
      await workbench.setViewWidth(480);
      await workbench.tree.row(
        /^Certificate not trusted The certificate of kms\.eu-west-1\.amazonaws\.com, issued by A proxy on this machine, isn't trusted/,
      );
      await workbench.screenshot('proxy-not-trusted');
      assert.match(await workbench.log(), /ListKeys certificateNotTrusted/);
      assert.deepEqual(emulator.requests, []);
    });
  });
});

/**
 * Agrees to open the page that VS Code asks about, and resolves to the address that the browser then goes to. It does
 * not get there: the browser of the tests reaches this machine only.
 */
async function openedPage(workbench: Workbench): Promise<string> {
  const context = workbench.page.context();
  const [page] = await Promise.all([context.waitForEvent('page'), workbench.pressDialog('Open')]);
  const devTools = await context.newCDPSession(page);
  // The page itself would say that it is an error page.
  const url = await eventually('the page to be opened', async () => {
    const { currentIndex, entries } = await devTools.send('Page.getNavigationHistory');
    const { url = '' } = entries[currentIndex] ?? {};
    return url.startsWith('https:') ? url : undefined;
  });
  await page.close();
  return url;
}
