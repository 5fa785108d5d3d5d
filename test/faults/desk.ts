import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { run } from '../../src/commands/table.ts';
import type { TableFormat } from '../../src/core/findings/tableFormat.ts';
import type { ConnectionRef } from '../../src/core/kms/model.ts';
import { type CommandId, commands } from '../../src/manifest.ts';
import { JsonDocuments } from '../../src/views/shared/jsonDocuments.ts';
import { contextOf, watchDialogs } from './context.ts';
import { Uri, window as vscodeWindow } from './vscode.ts';
import { anasRef, createTestWorld, type Window, type WindowOptions, type World } from './world.ts';

/** Somebody with a folder for baselines, who searches, saves and compares. */
export class Desk {
  readonly world: World;
  readonly window: Window;
  /** Questions, with their details. */
  readonly asked: string[] = [];
  /** What notifications said. */
  readonly said: string[];
  /** The documents that were shown, as text. */
  readonly shown: string[] = [];
  /** What lists were offered to pick from. */
  readonly offered: (readonly string[])[] = [];
  readonly folder: string;
  /** Where the next file is saved; `undefined`: the question is closed. */
  target: string | undefined = 'baseline.jsonl';
  /** What is opened when a file is asked for. */
  source: string | undefined;
  /** A button that is pressed. */
  button = 'Show Report';
  format: TableFormat = 'csv';

  constructor(world: World, window: Window, said: string[], folder: string) {
    this.world = world;
    this.window = window;
    this.said = said;
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async run(id: CommandId, argument?: unknown): Promise<void> {
    const documents = new JsonDocuments();
    documents.showMarkdown = async (_, text) => {
      this.shown.push(text.replaceAll('\\', ''));
    };
    await this.world.finish(run({ ...contextOf(this.window), documents }, id, argument, undefined));
  }

  find = () => this.run(commands.findGrants);
  save = () => this.run(commands.saveBaseline);
  compare = () => this.run(commands.compareWithBaseline);

  /** How many grants the last search found. */
  get found(): number {
    return this.window.grantees.shownGrants().result?.counts.grants ?? Number.NaN;
  }

  /** The sections of the last report. */
  get sections(): readonly string[] {
    return [...(this.shown.at(-1) ?? '').matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);
  }

  /** A number in the table of the last report. */
  count(name: string): number {
    return Number(new RegExp(`^\\| ${name} \\| (\\d+) \\|$`, 'm').exec(this.shown.at(-1) ?? '')?.[1]);
  }
}

export async function createDesk(
  t: TestContext,
  connections: readonly ConnectionRef[] = [anasRef],
  options: WindowOptions = {},
): Promise<Desk> {
  const world = await createTestWorld(t, { sample: { keys: 4, grantsPerKey: 5 } });
  const window = world.openWindow({ connections, ...options });
  await Promise.all(connections.map((ref) => window.session(ref)));
  // Otherwise a config file that is written next may be read half written, for the account.
  await world.outside.idle();
  const seen = watchDialogs(t, { isYes: true });
  const folder = await mkdtemp(join(tmpdir(), 'baselines-'));
  const desk = new Desk(world, window, seen.said, folder);
  const before = { ...vscodeWindow };
  const say = async (message: string, ...buttons: readonly unknown[]) => {
    const isModal = buttons.some((one) => typeof one === 'object');
    if (isModal) {
      desk.asked.push(JSON.stringify([message, ...buttons]));
      return buttons.at(-1);
    }
    seen.said.push(message);
    return buttons.includes(desk.button) ? desk.button : undefined;
  };
  Object.assign(vscodeWindow, {
    showSaveDialog: async () => (desk.target === undefined ? undefined : Uri.file(desk.path(desk.target))),
    showOpenDialog: async () => (desk.source === undefined ? undefined : [Uri.file(desk.path(desk.source))]),
    showInformationMessage: say,
    showWarningMessage: say,
    showQuickPick: async (items: readonly { readonly label: string; readonly value?: string }[]) => {
      desk.offered.push(items.map(({ label }) => label));
      return items.find(({ value }) => value === desk.format) ?? items[0];
    },
  });
  t.after(async () => {
    Object.assign(vscodeWindow, before);
    await rm(folder, { recursive: true });
  });
  return desk;
}

/** One grant of the first key is revoked, and one is made, by somebody else. */
export function changeElsewhere(world: World, number = 0): { readonly gone: string; readonly made: string } {
  const { account } = world.emulator();
  const [key] = world.keys;
  const [gone] = key?.grantIds ?? [];
  const stored = key && account.grantsOf(key.id).get(gone ?? '');
  assert.ok(key !== undefined && gone !== undefined && stored !== undefined);
  account.removeGrant(stored);
  const made = String(number).padStart(64, 'f');
  account.addGrant({
    id: made,
    keyId: key.id,
    createdAt: world.clock.now(),
    granteePrincipal: account.iamArn('role/new'),
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
  });
  return { gone, made };
}
