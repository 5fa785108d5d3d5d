import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { commands, settings } from '../../src/manifest.ts';
import { JsonDocuments } from '../../src/views/shared/jsonDocuments.ts';
import type { GrantNode } from '../../src/views/shared/nodes.ts';
import { recordUse } from '../aws/keyUse.ts';
import { contextOf, settingsOnDisk } from './context.ts';
import { window as vscodeWindow } from './vscode.ts';
import { ana, createTestWorld, type Window, type World } from './world.ts';

const hour = 60 * 60_000;
const grantId = 'c'.repeat(64);
const reader = `arn:aws:sts::${ana}:assumed-role/Reader/app`;
const somebody = `arn:aws:iam::${ana}:user/somebody`;

interface Notification {
  readonly kind: 'information' | 'error';
  readonly message: string;
  readonly buttons: readonly string[];
}

/** A grant that Reader has held for ten hours, and a window. */
class Case {
  readonly world: World;
  readonly window: Window;
  readonly said: Notification[] = [];
  readonly documents: { readonly name: string; readonly value: unknown }[] = [];
  /** The buttons to press, one a notification; then each is closed. */
  presses: string[] = [];
  /** Presses Cancel; set while the progress of the command is on screen. */
  cancel: (() => void) | undefined;
  /** What the progress says, the newest last. */
  readonly progress: string[] = [];
  onProgressShown: () => void = () => {};

  constructor(t: TestContext, world: World) {
    this.world = world;
    this.window = world.openWindow();
    const before = { ...vscodeWindow };
    const saying =
      (kind: Notification['kind']) =>
      async (message: string, ...rest: readonly unknown[]) => {
        this.said.push({ kind, message, buttons: rest.filter((one) => typeof one === 'string') });
        return this.presses.shift();
      };
    vscodeWindow.showInformationMessage = saying('information');
    vscodeWindow.showErrorMessage = saying('error');
    const { withProgress } = vscodeWindow;
    vscodeWindow.withProgress = async (options, task) => {
      const isNotification = JSON.stringify(options).includes('"cancellable":true');
      if (!isNotification) {
        return withProgress(options, task);
      }
      const report = ({ message }: { message: string }) => this.progress.push(message);
      const onCancellationRequested = (cancel: () => void) => {
        this.cancel = cancel;
      };
      const ended = task({ report }, { onCancellationRequested });
      this.onProgressShown();
      return ended;
    };
    t.after(() => Object.assign(vscodeWindow, before));
    const { account } = world.emulator();
    account.addGrant({
      id: grantId,
      keyId: this.key.id,
      createdAt: world.serverNow() - 10 * hour,
      granteePrincipal: `arn:aws:iam::${ana}:role/app/Reader`,
      issuingAccount: account.rootArn,
      operations: ['Decrypt', 'DescribeKey'],
    });
  }

  get key() {
    const [key] = this.world.keys;
    return key ?? assert.fail();
  }

  /** Decrypt with the key, so long ago. */
  use(principalArn: string, agoMs: number): string {
    const at = Math.floor((this.world.serverNow() - agoMs) / 1000) * 1000;
    return recordUse(this.world.emulator().account, this.key.id, {
      operation: 'Decrypt',
      caller: { principalArn },
      at,
    });
  }

  /** This many pages of calls by somebody else, in the last hour. */
  pagesByOthers(pages: number): void {
    for (let index = 0; index < 50 * pages; index += 1) {
      this.use(somebody, 1000 * (index + 1));
    }
  }

  get requests(): number {
    return this.world.emulator().requests.filter(({ operation }) => operation === 'LookupEvents').length;
  }

  get row(): Promise<GrantNode> {
    return this.window.grantRow(this.key.arn, grantId);
  }

  /** The command, which takes time. */
  async start(row: GrantNode): Promise<void> {
    const documents = new JsonDocuments();
    documents.show = async (name, value) => void this.documents.push({ name, value });
    await run({ ...contextOf(this.window), documents }, commands.lookForUses, row, undefined);
  }

  async look(): Promise<void> {
    await this.world.finish(this.start(await this.row));
  }

  get last(): Notification {
    return this.said.at(-1) ?? assert.fail('Nothing was said.');
  }
}

const create = async (t: TestContext) => new Case(t, await createTestWorld(t));

test('the latest use is found at once, with its event; what came before the grant, or is by others, is passed over', async (t) => {
  const looking = await create(t);
  looking.use(somebody, hour);
  const eventId = looking.use(reader, 2 * hour);
  looking.use(reader, 3 * hour);
  looking.use(reader, 11 * hour);
  looking.presses = ['Show Event', 'Look Further', 'Look Further'];
  await looking.look();
  const [first, again, second, end, ...others] = looking.said;
  assert.match(
    first?.message ?? '',
    /^Found a use that this grant would allow: Decrypt, 2 h ago \([-\d: ]+\), by Reader\/app \(assumed-role session\)\. Events don't name grants/,
  );
  assert.deepEqual(first?.buttons, ['Show Event', 'Look Further']);
  const [shown] = looking.documents;
  assert.match(shown?.name ?? '', /^Decrypt /);
  assert.ok(typeof shown?.value === 'object' && shown.value !== null && 'eventID' in shown.value);
  assert.equal(shown.value.eventID, eventId);
  assert.deepEqual(again, { ...first, buttons: ['Look Further'] });
  assert.match(second?.message ?? '', /Decrypt, 3 h ago/);
  // The use before the grant was created is not even asked for.
  assert.match(
    end?.message ?? '',
    /^Events of this key read: .* No further match\. The search goes back to the creation of the grant, /,
  );
  assert.deepEqual([end?.buttons, others], [[], []]);
  assert.equal(looking.requests, 1);
});

test('a use on the third page is found; the progress says how many events, and back to when', async (t) => {
  const looking = await create(t);
  looking.pagesByOthers(2);
  looking.use(reader, 2 * hour);
  await looking.look();
  assert.match(looking.last.message, /^Found a use that this grant would allow: Decrypt, 2 h ago/);
  assert.equal(looking.requests, 3);
  assert.equal(looking.said.length, 1);
});

test('after its pages, a look asks whether to go on, and goes on where it stopped', async (t) => {
  const looking = await create(t);
  settingsOnDisk(t).set(settings.evidenceUsePages, 2);
  looking.pagesByOthers(3);
  looking.use(reader, 2 * hour);
  looking.presses = ['Look Further'];
  await looking.look();
  const [stopped, found] = looking.said;
  assert.match(
    stopped?.message ?? '',
    /^Events of this key read: 100, back to [-\d: ]+\. No match\. This proves nothing/,
  );
  assert.deepEqual(stopped?.buttons, ['Look Further']);
  assert.match(found?.message ?? '', /^Found a use that this grant would allow: Decrypt, 2 h ago/);
  assert.equal(looking.requests, 4);
});

test('Cancel ends the search at once, and says how far it was; Look Further goes on from there', async (t) => {
  const looking = await create(t);
  looking.pagesByOthers(3);
  looking.use(reader, 2 * hour);
  const shown = new Promise<void>((resolve) => {
    looking.onProgressShown = resolve;
  });
  const command = looking.start(await looking.row);
  while (looking.requests < 2) {
    await looking.world.pass(100);
  }
  await shown;
  assert.match(looking.progress.at(-1) ?? '', /^Events: 100, back to /);
  looking.presses = ['Look Further'];
  (looking.cancel ?? assert.fail('No progress with a Cancel button.'))();
  await looking.world.finish(command);
  const [cancelled, found] = looking.said;
  assert.match(cancelled?.message ?? '', /^Events of this key read: 100, back to /);
  assert.deepEqual(cancelled?.buttons, ['Look Further']);
  assert.match(found?.message ?? '', /Decrypt, 2 h ago/);
  assert.equal(looking.requests, 4);
});

test('what is denied is one sentence, with the permission; Retry asks again', async (t) => {
  const looking = await create(t);
  looking.use(reader, 2 * hour);
  looking.world.emulator().setDenials([{ operation: 'cloudtrail:LookupEvents' }]);
  await looking.look();
  assert.equal(looking.said.length, 1);
  assert.equal(looking.last.kind, 'error');
  assert.match(looking.last.message, /cloudtrail:LookupEvents/);
  assert.equal(looking.requests, 1);
  looking.world.emulator().setDenials([]);
  await looking.look();
  assert.match(looking.last.message, /^Found a use that this grant would allow/);
});

test('a server of KMS alone has no events: that is said, and AWS is not asked', async (t) => {
  const world = await createTestWorld(t);
  const url = process.env['AWS_ENDPOINT_URL'];
  delete process.env['AWS_ENDPOINT_URL'];
  Object.assign(process.env, { AWS_ENDPOINT_URL_KMS: url, AWS_ENDPOINT_URL_STS: url });
  const looking = new Case(t, world);
  await looking.look();
  assert.equal(looking.last.kind, 'error');
  assert.match(looking.last.message, /^LookupEvents \(CloudTrail\) isn't available at this endpoint\./);
  assert.equal(looking.said.length, 1);
});

test('a failure after some pages says why, and how far it was', async (t) => {
  const looking = await create(t);
  looking.pagesByOthers(2);
  const emulator = looking.world.emulator();
  looking.world.onServed = (operation) => {
    if (operation === 'LookupEvents') {
      emulator.setDenials([{ operation: 'cloudtrail:LookupEvents' }]);
    }
  };
  await looking.look();
  assert.deepEqual([looking.said.length, looking.last.kind], [1, 'information']);
  assert.match(looking.last.message, /cloudtrail:LookupEvents.* Events of this key read: 50, /);
  assert.deepEqual(looking.last.buttons, ['Look Further']);
});

test('a connection that is closed in between ends the search, and nothing goes on', async (t) => {
  const looking = await create(t);
  looking.pagesByOthers(2);
  looking.world.onServed = (operation) => {
    if (operation === 'LookupEvents' && looking.requests === 1) {
      // Once its answer is there.
      setImmediate(() => looking.window.dispose());
    }
  };
  await looking.look();
  assert.ok(looking.said.every(({ buttons }) => buttons.length === 0));
  assert.equal(looking.requests, 1);
});

test('in read-only mode it looks all the same: it changes nothing', async (t) => {
  const looking = await create(t);
  settingsOnDisk(t).set(settings.readOnly, true);
  looking.use(reader, 2 * hour);
  await looking.look();
  assert.match(looking.last.message, /^Found a use that this grant would allow/);
});

test('from the palette it begins with the grant that is selected', async (t) => {
  const looking = await create(t);
  looking.use(reader, 2 * hour);
  const row = await looking.row;
  const context = { ...contextOf(looking.window), selected: () => [row] };
  await looking.world.finish(run(context, commands.lookForUses, undefined, undefined));
  assert.match(looking.last.message, /^Found a use that this grant would allow/);
});
