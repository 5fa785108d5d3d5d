import { strict as assert } from 'node:assert';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands, views } from '../../src/manifest.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { holdsHidden, hostileNames, makeHostile } from '../hostileTexts.ts';
import { connect, type Running, useConfig } from './aws.ts';
import { answerWith, children, connectionRow, logLines, providerOf, takeShown, until } from './window.ts';

/** `src/vs/base/common/linkedText.ts` of VS Code: what it takes for a link in notifications and prompts. */
const vscodeLink = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
/** `src/vs/base/browser/ui/iconLabel/iconLabels.ts`. */
const vscodeIcon = /(\\)?\$\([A-Za-z0-9-]+(?:~[A-Za-z0-9-]+)?\)/;

/** One line, of a length that a row has room for, in which nothing is hidden but what keeps `](` and `$(` apart. */
function assertShowable(text: string, max: number): void {
  const seen = text.replaceAll(']\u200b(', '](').replaceAll('$\u200b(', '$(');
  assert.ok(!holdsHidden(seen), JSON.stringify(text));
  assert.ok([...text].length <= max, `${[...text].length} characters: ${text.slice(0, 80)}`);
}

interface Row {
  readonly element: unknown;
  readonly item: vscode.TreeItem;
}

/** Every row of a view, with its tooltip, whether or not somebody has opened it. */
async function rowsOf(view: string): Promise<readonly Row[]> {
  const provider = providerOf(view);
  const token = new vscode.CancellationTokenSource().token;
  const below = async (parent: unknown): Promise<Row[]> => {
    const elements = (await provider.getChildren(parent)) ?? [];
    const rows = await Promise.all(
      elements.map(async (element): Promise<Row[]> => {
        const item = await provider.getTreeItem(element);
        const resolved = (await provider.resolveTreeItem?.(item, element, token)) ?? item;
        return [{ element, item: resolved }, ...(await below(element))];
      }),
    );
    return rows.flat();
  };
  return below(undefined);
}

/** What the Markdown of a tooltip becomes, by VS Code's own renderer. */
async function rendered(markdown: string): Promise<string> {
  return vscode.commands.executeCommand<string>('markdown.api.render', markdown);
}

async function assertHarmless({ item }: Row): Promise<void> {
  assert.equal(typeof item.label, 'string');
  assertShowable(String(item.label), 256);
  assertShowable(String(item.description ?? ''), 1200);
  assertShowable(item.accessibilityInformation?.label ?? '', 1500);
  const { tooltip } = item;
  if (tooltip === undefined) {
    return;
  }
  if (typeof tooltip === 'string') {
    assertShowable(tooltip, 2000);
    return;
  }
  assert.equal(tooltip.isTrusted, false);
  assert.equal(tooltip.supportHtml, false);
  assert.ok(tooltip.supportThemeIcons !== true);
  assert.ok(!holdsHidden(tooltip.value.replaceAll('\n', '')), JSON.stringify(tooltip.value));
  // Newer versions put an empty element before all, for diagrams.
  const html = (await rendered(tooltip.value)).replace(/^<span id="markdown-mermaid"[^>]*><\/span>/, '');
  const tags = new Set([...html.matchAll(/<\/?([a-z][\w-]*)/gi)].map(([, name]) => name));
  assert.deepEqual(
    [...tags].filter((name) => !['p', 'strong', 'br', 'a'].includes(name ?? '')),
    [],
    html.slice(0, 2000),
  );
  const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, url = '']) => url);
  assert.deepEqual(
    links.filter((url) => !url.startsWith('https://docs.aws.amazon.com/')),
    [],
  );
}

function assertTold(): void {
  for (const { message, detail, kind } of takeShown()) {
    assertShowable(message, 1000);
    for (const line of detail.split('\n')) {
      assertShowable(line, 2000);
    }
    // A dialog that is larger than the screen has no buttons.
    assert.ok(detail.length <= 8000, `${detail.length} characters`);
    if (kind === 'input') {
      assert.doesNotMatch(detail, vscodeIcon);
    }
    // A dialog, which has details, shows its message as the text that it is; an end-to-end test looks at one.
    if (kind === 'input' || detail === '') {
      assert.doesNotMatch(kind === 'input' ? detail : message, vscodeLink);
    }
  }
}

/** The quick picks that are opened from now on, each VS Code's own. */
function watchPicks(): { readonly opened: vscode.QuickPick<vscode.QuickPickItem>[]; restore(): void } {
  const opened: vscode.QuickPick<vscode.QuickPickItem>[] = [];
  const { createQuickPick } = vscode.window;
  const replace = (value: unknown) =>
    Object.defineProperty(vscode.window, 'createQuickPick', { value, configurable: true });
  replace(() => {
    const created = createQuickPick();
    opened.push(created);
    return created;
  });
  return { opened, restore: () => replace(createQuickPick) };
}

export function hostile(): void {
  describe('Texts as no honest person would name things', () => {
    let aws: Running;
    let keys: readonly string[];
    beforeEach(async () => {
      aws = await connect({ keys: 8, grantsPerKey: 0 }, { propagation: { minMs: 50, maxMs: 200 } });
      keys = makeHostile(aws.emulator.account);
      await vscode.commands.executeCommand(commands.refresh);
    });
    afterEach(async () => {
      answerWith(() => undefined);
      takeShown();
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await aws.stop();
    });

    const grants = async (): Promise<readonly Extract<Node, { kind: 'grant' }>[]> => {
      const found = (await rowsOf(views.keys)).map(({ element }) => element as Node);
      return found.flatMap((node) => (node.kind === 'grant' && node.pinnedTo === undefined ? [node] : []));
    };

    it('are text in every row and tooltip of every view', async () => {
      await children(await connectionRow());
      await until('the descriptions are there', async () =>
        (await rowsOf(views.keys)).some(({ item }) => String(item.description).includes('first line')),
      );
      const rows = await rowsOf(views.keys);
      assert.ok(rows.length > 100, `${rows.length} rows`);
      for (const row of rows) {
        await assertHarmless(row);
      }
      await vscode.commands.executeCommand(commands.findGrants);
      const found = await rowsOf(views.grantees);
      assert.ok(found.length > 100, `${found.length} rows`);
      for (const row of found) {
        await assertHarmless(row);
      }
    });

    it('are text in questions, notifications, prompts and the history', async () => {
      const all = await grants();
      for (const grant of all) {
        await vscode.commands.executeCommand(commands.revokeGrant, grant);
        assertTold();
      }
      takeShown();
      // Those with the marks of a service are typed.
      answerWith(({ buttons, suggested }) => suggested ?? buttons.find((one) => /^(Revoke|Continue)/.test(one)));
      for (const grant of all.slice(0, 4)) {
        await vscode.commands.executeCommand(commands.revokeGrant, grant);
      }
      await until('they are gone', async () => (await grants()).length === all.length - 4, 60_000);
      assertTold();
      const history = await rowsOf(views.history);
      assert.ok(history.length > 20, `${history.length} rows`);
      for (const row of history) {
        await assertHarmless(row);
      }

      answerWith(() => undefined);
      const [grant] = await grants();
      for (const message of hostileNames) {
        const fault = { kind: 'error', code: `Odd${message.slice(0, 200)}`, message, status: 400 } as const;
        aws.emulator.setFaults([{ operation: 'ListGrants', fault }]);
        await vscode.commands.executeCommand(commands.revokeGrant, grant);
        assertTold();
      }
      for (const line of logLines()) {
        assert.ok(!holdsHidden(line) && line.length < 10_000, JSON.stringify(line.slice(0, 500)));
      }
    });

    it('are text in lists to pick from', async () => {
      const { opened, restore } = watchPicks();
      try {
        const running = vscode.commands.executeCommand(commands.revokeGrant);
        await until('the keys are listed', () => (opened[0]?.items.length ?? 0) >= keys.length);
        for (const { label, description, detail } of opened[0]?.items ?? []) {
          for (const text of [label, description ?? '', detail ?? '']) {
            assertShowable(text, 300);
            assert.doesNotMatch(text, vscodeIcon);
          }
        }
        opened[0]?.hide();
        await running;
      } finally {
        restore();
      }
    });

    it('are whole in JSON, and on the clipboard', async () => {
      const nameless = (await grants()).filter(({ grant }) => grant.name === undefined);
      assert.ok(nameless.length >= keys.length);
      for (const grant of nameless) {
        await vscode.commands.executeCommand(commands.showAsJson, grant);
        const text = vscode.window.activeTextEditor?.document.getText() ?? '';
        assert.ok(!holdsHidden(text.replaceAll('\n', '')));
        const shown: unknown = JSON.parse(text);
        assert.ok(typeof shown === 'object' && shown !== null && 'GrantId' in shown && 'Operations' in shown);
        assert.equal(shown.GrantId, grant.grant.grantId);
        assert.deepEqual(shown.Operations, grant.grant.operations);
        await vscode.commands.executeCommand(commands.copyGrantee, grant);
        const copied = await vscode.env.clipboard.readText();
        assert.equal(copied.toWellFormed(), grant.grant.granteePrincipal?.value.toWellFormed());
      }
    });

    it('of profiles and endpoints are text too', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kms-grants-'));
      const [name = ''] = hostileNames;
      const url = 'http://127.0.0.1:1/[x](command:workbench.action.quit)$(zap)';
      await useConfig(
        folder,
        `[default]\nregion = eu-west-1\nendpoint_url = ${url}\nsso_session = ${name}\n[profile x]\nrole_arn = ${name}\n`,
      );
      for (const row of await rowsOf(views.keys)) {
        await assertHarmless(row);
      }
      const [connection] = await children();
      await vscode.commands.executeCommand(commands.signIn, connection);
      assertTold();
    });
  });
}
