import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import test from 'node:test';
import { holdsForRow } from '../../src/core/base/whenClause.ts';
import { defaultPolicy } from '../../src/core/changes/propagation.ts';
import { defaultFindingOptions, findingKinds, findingTitle } from '../../src/core/findings/finding.ts';
import { defaultUsePages } from '../../src/core/kms/evidenceApi.ts';
import { defaultBudget } from '../../src/core/pacing/limiter.ts';
import { explain } from '../../src/core/words/explain.ts';
import {
  changingCommands,
  commands,
  container,
  contextKeys,
  extensionName,
  jsonScheme,
  languageModelTools,
  rows,
  settings,
  views,
  walkthrough,
} from '../../src/manifest.ts';
import { errorKinds } from './core/fakes.ts';

// Tests run in the folder of package.json.

interface MenuItem {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

interface SubmenuItem extends Omit<MenuItem, 'command'> {
  readonly submenu: string;
}

interface Setting {
  readonly type: string;
  readonly scope?: string;
  readonly order?: number;
  readonly items?: { readonly properties: Readonly<Record<string, { readonly description: string }>> };
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly markdownDescription: string;
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
  readonly icon: string;
  readonly engines: { readonly vscode: string };
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: {
      readonly supported: string;
      readonly restrictedConfigurations: readonly string[];
    };
  };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string }[];
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly {
        readonly id: string;
        readonly media: { readonly svg: string };
        readonly completionEvents?: readonly string[];
      }[];
    }[];
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly submenus: readonly { readonly id: string; readonly label: string }[];
    readonly menus: Readonly<Record<string, readonly (MenuItem | SubmenuItem)[]>>;
    readonly keybindings: readonly {
      readonly command: string;
      readonly key: string;
      readonly when: string;
      readonly args: Readonly<Record<string, unknown>>;
    }[];
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly displayName: string;
      readonly userDescription: string;
      readonly when?: string;
    }[];
    /** The groups of settings. */
    readonly configuration: readonly {
      readonly title: string;
      readonly order: number;
      readonly properties: Readonly<Record<string, Setting>>;
    }[];
  };
}

const manifestText = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(manifestText) as Manifest;
const { contributes } = manifest;
/** The settings of all groups. */
const properties = Object.fromEntries(contributes.configuration.flatMap((group) => Object.entries(group.properties)));
const nls = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Readonly<Record<string, string>>;
const lockText = readFileSync('package-lock.json', 'utf8');

const sorted = (values: Iterable<string>) => [...values].sort();
const isCommand = (item: MenuItem | SubmenuItem): item is MenuItem => 'command' in item;
const itemsOf = (menu: string): readonly MenuItem[] => (contributes.menus[menu] ?? []).filter(isCommand);
const menuItems = Object.keys(contributes.menus).flatMap(itemsOf);
const submenuItems = Object.values(contributes.menus).flatMap((items) => items.filter((item) => !isCommand(item)));
/** What hides a change in read-only mode. */
const notReadOnly = `!config.${settings.readOnly}`;
/** The menu of a row, with what its submenus have. */
const contextMenu = ['view/item/context', ...contributes.submenus.map(({ id }) => id)].flatMap(itemsOf);
/** The menus of what isn't ours, by what they are for. */
const foreignMenus: Readonly<Record<string, string>> = {
  'editor/context': 'editorHasSelection',
  'terminal/context': 'terminalTextSelected',
};
const isForeign = (item: MenuItem) => Object.keys(foreignMenus).some((menu) => itemsOf(menu).includes(item));

function title(command: string): string {
  const { title: key } = contributes.commands.find((entry) => entry.command === command) ?? assert.fail(command);
  return nls[key.slice(1, -1)] ?? assert.fail(key);
}

test('the extension has the name that the code knows', () => {
  assert.equal(manifest.name, extensionName);
  assert.match(jsonScheme, /^[a-z][a-z0-9+.-]*$/);
});

test('package.json has the commands of the code, and no other', () => {
  assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(Object.values(commands)));
});

test('package.json has the views of the code, in the container of the code, and no other', () => {
  assert.deepEqual(
    contributes.viewsContainers.activitybar.map(({ id }) => id),
    [container],
  );
  assert.deepEqual(Object.keys(contributes.views), [container]);
  assert.deepEqual(sorted((contributes.views[container] ?? []).map(({ id }) => id)), sorted(Object.values(views)));
  for (const { view } of contributes.viewsWelcome) {
    assert.ok(Object.values<string>(views).includes(view), view);
  }
});

test('the walkthrough uses what there is: commands, views, context keys and pictures', () => {
  const [walk, ...others] = contributes.walkthroughs;
  assert.ok(walk !== undefined && others.length === 0);
  assert.equal(walkthrough, `${manifest.publisher}.${manifest.name}#${walk.id}`);
  const known = new Map([
    ['onCommand', Object.values<string>(commands)],
    ['onView', Object.values<string>(views)],
    ['onContext', Object.values<string>(contextKeys)],
  ]);
  for (const { media, completionEvents = [] } of walk.steps) {
    assert.ok(existsSync(media.svg), media.svg);
    for (const event of completionEvents) {
      const [kind = '', id = ''] = event.split(':');
      assert.ok(known.get(kind)?.includes(id), event);
    }
  }
});

test('package.json has the settings of the code, and no other', () => {
  assert.deepEqual(sorted(Object.keys(properties)), sorted(Object.values(settings)));
});

test('a setting is in one group, and has its place there', () => {
  const groups = contributes.configuration;
  assert.deepEqual(
    groups.map(({ order }) => order),
    groups.map((_, place) => place),
  );
  for (const group of groups) {
    const placed = Object.values(group.properties);
    assert.deepEqual(
      placed.map(({ order }) => order),
      placed.map((_, place) => place),
      group.title,
    );
  }
  assert.equal(Object.keys(properties).length, groups.flatMap((group) => Object.keys(group.properties)).length);
});

test('a link to a setting leads to one', () => {
  const links = [...JSON.stringify(nls).matchAll(/#(kmsGrants\.[\w.]+)#/g)].map(([, id]) => id ?? '');
  assert.ok(links.length > 0);
  assert.deepEqual(
    links.filter((id) => properties[id] === undefined),
    [],
  );
});

test('the setting of a finding begins with the name of the finding', () => {
  for (const kind of findingKinds) {
    assert.ok(nls[`setting.findings.${kind}`]?.startsWith(`**${findingTitle(kind)}**: `), kind);
  }
});

test('every ID is what its name in the code says', () => {
  for (const [name, id] of Object.entries({ ...commands, ...views })) {
    assert.equal(id, `kmsGrants.${name}`);
  }
});

test('every string of package.json is in package.nls.json, which has no other', () => {
  const used = [...manifestText.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key ?? '');
  assert.deepEqual(sorted(new Set(used)), sorted(Object.keys(nls)));
  for (const [key, text] of Object.entries(nls)) {
    assert.match(text, /^\S(.*\S)?$/s, key);
  }
});

test('every text of package.json that a person reads comes from package.nls.json', () => {
  // A model reads what describes a tool's parameters, a person does not.
  const { languageModelTools: _, ...read } = contributes;
  const texts = JSON.stringify({ ...manifest, contributes: read }, undefined, 2).matchAll(
    /"(title|name|description|displayName|markdownDescription|contents|category)": "(.*)"/g,
  );
  for (const [, field, text] of texts) {
    if (field === 'name' && text === extensionName) {
      continue;
    }
    assert.match(text ?? '', /^%[\w.]+%$/, field);
  }
});

test('every string is used for what its key says', () => {
  for (const { command, title: key, category } of contributes.commands) {
    assert.deepEqual([key, category], [`%command.${command.replace('kmsGrants.', '')}%`, '%category%']);
  }
  for (const [id, { markdownDescription }] of Object.entries(properties)) {
    assert.equal(markdownDescription, `%setting.${id.replace('kmsGrants.', '')}%`);
  }
  for (const [id, { items }] of Object.entries(properties)) {
    for (const [name, { description }] of Object.entries(items?.properties ?? {})) {
      assert.equal(description, `%setting.${id.replace('kmsGrants.', '')}.${name}%`);
    }
  }
});

test('every command of a menu, a key or a link in a text exists', () => {
  const ids: readonly string[] = Object.values(commands);
  const named = [
    ...menuItems.map(({ command }) => command),
    ...contributes.keybindings.map(({ command }) => command),
    ...[...JSON.stringify(nls).matchAll(/command:([\w.]+)/g)].map(([, id]) => id ?? ''),
  ];
  // VS Code makes a command of each view.
  const ofViews = Object.values<string>(views).map((view) => `${view}.focus`);
  for (const id of named) {
    assert.ok(ids.includes(id) || ofViews.includes(id), id);
  }
});

test('every when clause names a view of the code', () => {
  const clauses = [...menuItems.filter((item) => !isForeign(item)), ...contributes.keybindings]
    .map(({ when }) => when ?? '')
    .filter((when) => when !== 'false' && when !== notReadOnly);
  for (const when of clauses) {
    const [, view, pattern] = /\b(?:view|focusedView) (?:== ([\w.]+)|=~ \/([^/]+)\/)/.exec(when) ?? assert.fail(when);
    const named = Object.values<string>(views).filter((id) => id === view || new RegExp(pattern ?? '^$').test(id));
    assert.ok(named.length > 0, when);
  }
});

test('the view of all grants is named Grants, and its search is an icon in the title of Keys too', () => {
  assert.equal(nls['view.grantees.name'], 'Grants');
  const searches = itemsOf('view/title').filter(({ command }) => command === commands.findGrants);
  assert.deepEqual(
    sorted(searches.map(({ when, group }) => `${when} ${group?.split('@')[0]}`)),
    [views.grantees, views.keys].map((view) => `view == ${view} navigation`),
  );
});

test('in the menus of editors and terminals there is one command, and only where something is selected', () => {
  for (const [menu, when] of Object.entries(foreignMenus)) {
    assert.deepEqual(
      itemsOf(menu).map((item) => item.when),
      [when],
    );
  }
});

/** The commands that the palette has not, and why. */
const notInPalette: Readonly<Record<string, string>> = {
  [commands.explainTerminalSelection]: 'Explain KMS Error… does the same, and reads what is selected or copied',
  [commands.refreshNode]: 'Refresh reads every row again',
  [commands.retry]: 'Refresh repeats what failed',
  [commands.lookForEnd]: 'its row is only in a comparison with a baseline',
  [commands.manageTrust]: 'VS Code has it itself',
  [commands.copyValue]: 'a value is only known by its row',
  [commands.loadMore]: 'a click on its row',
  [commands.openGrantOfResource]: 'a link in a document',
  [commands.copySelection]: 'the copy key',
  [commands.focusNext]: 'an arrow key',
  [commands.focusPrevious]: 'an arrow key',
};

test('the palette has every command but a few, each for a reason; changes are hidden in read-only mode', () => {
  const conditions = itemsOf('commandPalette').map(({ command, when }) => `${command} ${when}`);
  assert.deepEqual(
    sorted(conditions),
    sorted([
      ...Object.keys(notInPalette).map((id) => `${id} false`),
      ...[...changingCommands].map((id) => `${id} ${notReadOnly}`),
    ]),
  );
});

test('no menu of a view has a command that the palette has not', () => {
  for (const { command } of itemsOf('view/title')) {
    assert.ok(!(command in notInPalette), command);
  }
});

test('a title ends in an ellipsis exactly where the command asks for more', () => {
  const asking: readonly string[] = [
    commands.selectProfile,
    commands.selectRegion,
    commands.addConnection,
    commands.addRegion,
    commands.openConnections,
    commands.openKeyByArn,
    commands.copyIamPolicy,
    commands.explainKmsError,
    commands.explainTerminalSelection,
    commands.revokeGrant,
    commands.createGrant,
    commands.retireGrant,
    commands.showRetirableGrants,
    commands.recreateGrant,
    commands.revokeTheseGrants,
    commands.showInCloudTrail,
    commands.lookForUses,
    commands.lookForEnd,
    commands.findGrants,
    commands.exportGrants,
    commands.saveBaseline,
    commands.compareWithBaseline,
    commands.groupBy,
    commands.sortBy,
    commands.filterKeys,
    commands.filterGrantees,
    commands.clearHistory,
    commands.exportHistory,
  ];
  for (const id of Object.values(commands)) {
    assert.equal(title(id).endsWith('…'), asking.includes(id), title(id));
    assert.doesNotMatch(title(id), /\.\.\.|^KMS/);
  }
});

// Rows and their menus

const messages = [
  ...errorKinds.map((kind) => ({ kind, operation: 'ListGrants' })),
  { kind: 'accessDenied' as const, operation: 'ListKeys' },
].map(({ kind, operation }) => {
  const { actions } = explain({ kind, operation, awsName: kind, message: kind });
  return { viewItem: [rows.message, ...actions].join('.'), actions };
});
/** Every `viewItem` that a row can have. */
const viewItems: readonly string[] = [...Object.values(rows), ...messages.map(({ viewItem }) => viewItem)];

function menuOf(viewItem: string): string[] {
  const items = contextMenu.filter(({ when = '', group }) => group !== undefined && holdsForRow(when, viewItem));
  return sorted(new Set(items.map(({ command }) => command)));
}

test('every condition on a row holds for some row, and names one where it names any', () => {
  for (const { when = '' } of contextMenu) {
    assert.ok(
      viewItems.some((viewItem) => holdsForRow(when, viewItem)),
      when,
    );
    const [, equal] = /viewItem == ([\w.]+)/.exec(when) ?? [];
    if (equal !== undefined) {
      assert.ok(Object.values<string>(rows).includes(equal), when);
    }
  }
});

const copiesOfGrants = [commands.copyAsCli, commands.copyAsTerraform, commands.copyRevokeAsCli];
const ofGrants = [
  commands.copyKeyArn,
  commands.copyGrantId,
  commands.copyGrantee,
  commands.showGrantDetails,
  commands.showAsJson,
  commands.showInCloudTrail,
  commands.lookForUses,
  commands.revealInKeys,
  ...copiesOfGrants,
];
const ofKeys = [
  commands.refreshNode,
  commands.openConsole,
  commands.copyKeyId,
  commands.copyKeyArn,
  commands.showAsJson,
  commands.createGrant,
  commands.showKeyDetails,
  commands.showInCloudTrail,
];
/** Where they would fail. */
const without = (menu: readonly string[], ...absent: readonly string[]) => menu.filter((one) => !absent.includes(one));
const ofGone = [commands.lookForEnd, ...without(ofGrants, commands.copyRevokeAsCli, commands.revealInKeys)];
const ofConnections = [commands.refreshNode, commands.copyAccountId, commands.removeConnection];
const menus: Readonly<Record<keyof typeof rows, readonly string[]>> = {
  connection: [
    ...ofConnections,
    commands.signIn,
    commands.addRegion,
    commands.openKeyByArn,
    commands.openConsole,
    commands.showRetirableGrants,
  ],
  connectionSample: ofConnections,
  awsManagedKeys: [],
  pinnedKeys: [],
  key: ofKeys,
  keyWithAlias: [...ofKeys, commands.copyAlias],
  keyPinned: [...ofKeys, commands.removeKey],
  keyAwsManaged: without(ofKeys, commands.createGrant),
  keyWithAliasAwsManaged: without([...ofKeys, commands.copyAlias], commands.createGrant),
  keyPinnedAwsManaged: without([...ofKeys, commands.removeKey], commands.createGrant),
  keySample: without(ofKeys, commands.openConsole),
  keyWithAliasSample: without([...ofKeys, commands.copyAlias], commands.openConsole),
  keyAwsManagedSample: without(ofKeys, commands.createGrant, commands.openConsole),
  keyWithAliasAwsManagedSample: without([...ofKeys, commands.copyAlias], commands.createGrant, commands.openConsole),
  grant: [commands.revokeGrant, ...ofGrants],
  grantRetirable: [commands.revokeGrant, commands.retireGrant, ...ofGrants],
  grantTerraform: [commands.revokeGrant, commands.goToTerraformResource, ...ofGrants],
  grantRetirableTerraform: [commands.revokeGrant, commands.retireGrant, commands.goToTerraformResource, ...ofGrants],
  grantRevoking: ofGrants,
  grantConfirming: [commands.stopWaiting, ...ofGrants],
  grantUnconfirmed: [commands.revokeGrant, commands.checkAgain, ...ofGrants],
  grantGone: ofGone,
  grantGoneRecreatable: [commands.recreateGrant, ...ofGone],
  field: [commands.copyValue],
  evidence: [],
  evidenceLine: [commands.retry, commands.copyValue],
  evidenceTerraform: [commands.goToTerraformResource, commands.copyValue],
  more: [],
  historyDay: [],
  groupOfFinding: [commands.revokeTheseGrants],
  historyEntry: copiesOfGrants,
  historyEntryListed: [commands.revealInKeys, ...copiesOfGrants],
  historyRecreatable: [commands.recreateGrant, ...copiesOfGrants],
  historyRecreatableListed: [commands.recreateGrant, commands.revealInKeys, ...copiesOfGrants],
  message: [],
};

for (const [name, viewItem] of Object.entries(rows)) {
  test(`a row of kind ${name} has the menu of its kind`, () => {
    assert.deepEqual(menuOf(viewItem), sorted(menus[name as keyof typeof rows]));
  });
}

test('the row of a failure offers in its menu exactly the actions that help', () => {
  for (const { viewItem, actions } of messages) {
    assert.deepEqual(menuOf(viewItem), sorted(actions.map((action) => commands[action])), viewItem);
  }
});

test('an inline button has an icon, and its command is in the menu of the row too', () => {
  const inline = contextMenu.filter(({ group }) => group?.startsWith('inline'));
  assert.ok(inline.length > 0);
  for (const { command, when } of inline) {
    const { icon } = contributes.commands.find((entry) => entry.command === command) as { icon?: string };
    assert.match(icon ?? '', /^\$\([a-z-]+\)$/, command);
    assert.ok(contextMenu.some((item) => item.command === command && item.when === when && !inline.includes(item)));
  }
});

test('of all that changes or removes something, an inline button has Revoke Grant alone, which asks', () => {
  const inline = contextMenu.filter(({ group }) => group?.startsWith('inline')).map(({ command }) => command);
  const removing: readonly string[] = [...changingCommands, commands.removeConnection, commands.removeKey];
  assert.deepEqual(
    inline.filter((id) => removing.includes(id)),
    [commands.revokeGrant],
  );
});

test('the menu of a row has what opens, then what changes, then what copies, then what removes', () => {
  const own = itemsOf('view/item/context').filter(({ group }) => !group?.startsWith('inline'));
  assert.deepEqual(sorted(new Set(own.map(({ group = '' }) => group.split('@')[0] ?? ''))), [
    '1_help',
    '1_open',
    '2_change',
    '3_copy',
    '9_remove',
  ]);
  for (const { command, group = '' } of own) {
    const isChange = (changingCommands as ReadonlySet<string>).has(command);
    assert.ok(!isChange || group.startsWith('2_change'), command);
    assert.ok(!title(command).startsWith('Copy') || group.startsWith('3_copy'), command);
    assert.ok(!title(command).startsWith('Remove') || group.startsWith('9_remove'), command);
  }
});

test('what copies from a grant or a key is in the submenu Copy, on exactly the rows that have any', () => {
  const [submenu, ...others] = contributes.submenus;
  assert.ok(submenu !== undefined && others.length === 0);
  assert.equal(nls[submenu.label.slice(1, -1)], 'Copy');
  for (const viewItem of viewItems) {
    const offered = submenuItems.filter(({ when = '' }) => holdsForRow(when, viewItem)).length;
    const has = itemsOf(submenu.id).some(({ when = '' }) => holdsForRow(when, viewItem));
    assert.equal(offered, has ? 1 : 0, viewItem);
  }
});

test('a menu has each submenu once: VS Code ignores a second item for it', () => {
  for (const [menu, items] of Object.entries(contributes.menus)) {
    const submenus = items.flatMap((item) => (isCommand(item) ? [] : [item.submenu]));
    assert.deepEqual(submenus, [...new Set(submenus)], menu);
  }
});

test('a row never offers a command twice in the same place', () => {
  for (const viewItem of viewItems) {
    const items = contextMenu.filter(({ when = '' }) => holdsForRow(when, viewItem));
    const places = items.map(({ command, group = '' }) => `${command} ${group.startsWith('inline')}`);
    assert.equal(new Set(places).size, places.length, viewItem);
  }
});

test('every change is hidden in read-only mode, and nothing else is', () => {
  const changing: ReadonlySet<string> = changingCommands;
  for (const { command, when = '' } of [...menuItems, ...contributes.keybindings]) {
    if (when !== 'false') {
      assert.equal(when.includes(notReadOnly), changing.has(command), `${command}: ${when}`);
    }
  }
});

test('package.json has the tools of the code, each with its texts; the one that changes something is off in read-only mode', () => {
  assert.deepEqual(
    sorted(contributes.languageModelTools.map(({ name }) => name)),
    sorted(Object.values(languageModelTools)),
  );
  for (const { name, displayName, userDescription, when } of contributes.languageModelTools) {
    assert.deepEqual([displayName, userDescription], [`%tool.${name}.name%`, `%tool.${name}.description%`]);
    assert.equal(when, name === languageModelTools.revokeGrant ? notReadOnly : undefined);
  }
});

test('a condition on rows of one kind holds for no row of another', () => {
  const families = [...new Set(Object.values(rows).map((row) => row.split('.')[0] ?? row))];
  for (const { when = '', command } of contextMenu) {
    const [, text = ''] = /viewItem (?:==|=~) (.*)$/.exec(when) ?? assert.fail(when);
    for (const viewItem of viewItems.filter((item) => holdsForRow(when, item))) {
      const family = families.find((name) => viewItem.split('.')[0] === name) ?? assert.fail(viewItem);
      assert.match(text, new RegExp(`\\b${family}\\b`), `${command} on ${viewItem}`);
    }
  }
});

test('keys of a view act only where its list has the focus, and on the row of that view that has it', () => {
  for (const { key, when, args } of contributes.keybindings) {
    const view = String(args['$treeViewId']);
    assert.ok(Object.values<string>(views).includes(view), view);
    // VS Code puts the row that has the focus in the place of this.
    assert.deepEqual(args, { $treeViewId: view, $focusedTreeItem: true });
    // Escape takes the focus from the rows, of which VS Code notifies nobody.
    const own = `focusedView == ${view} && listFocus && listHasSelectionOrFocus && !inputFocus`;
    // An arrow key is ours once, after a row went.
    const arrow = `focusedView == ${view} && listFocus && !inputFocus && ${contextKeys.rowGone}`;
    const allowed = key === 'down' || key === 'up' ? [arrow] : [own, `${own} && ${notReadOnly}`];
    assert.ok(allowed.includes(when), when);
  }
});

test('each key does the same in every view that has rows for it', () => {
  const viewsOf = (command: string) =>
    sorted(
      contributes.keybindings.filter((one) => one.command === command).map(({ args }) => `${args['$treeViewId']}`),
    );
  assert.deepEqual(viewsOf(commands.copySelection), sorted(Object.values(views)));
  assert.deepEqual(viewsOf(commands.revokeGrant), sorted([views.keys, views.grantees]));
  assert.deepEqual(viewsOf(commands.focusNext), sorted(Object.values(views)));
  assert.deepEqual(viewsOf(commands.focusPrevious), sorted(Object.values(views)));
  for (const { command, key } of contributes.keybindings) {
    const same = contributes.keybindings.filter((one) => one.key === key);
    assert.ok(
      same.every((one) => one.command === command),
      key,
    );
  }
});

// Settings, icons, versions

test('the settings of the wait and of the pace have the defaults of the code, within their own bounds', () => {
  const defaults = {
    [settings.propagationTimeoutSeconds]: defaultPolicy.timeoutMs / 1000,
    [settings.propagationIntervalSeconds]: defaultPolicy.intervalMs / 1000,
    [settings.propagationAbsentReads]: defaultPolicy.absentReads,
    [settings.evidenceUsePages]: defaultUsePages,
  };
  for (const [id, value] of Object.entries(defaults)) {
    const { type, default: fallback, minimum, maximum } = properties[id] ?? assert.fail(id);
    assert.deepEqual([type, fallback], ['integer', value], id);
    assert.ok(minimum !== undefined && maximum !== undefined && minimum <= value && value <= maximum, id);
  }
  const budget = properties[settings.requestBudget] ?? assert.fail();
  assert.deepEqual([budget.type, budget.default, budget.minimum, budget.maximum], ['integer', defaultBudget, 1, 100]);
  for (const id of [settings.profile, settings.region]) {
    assert.deepEqual([properties[id]?.type, properties[id]?.default], ['string', ''], id);
  }
});

test('as long as nobody chose any, there are no connections and no names for accounts', () => {
  const defaults = [settings.connections, settings.accountNames].map((id) => {
    const { type, default: fallback } = properties[id] ?? assert.fail(id);
    return [type, fallback];
  });
  assert.deepEqual(defaults, [
    ['array', []],
    ['object', {}],
  ]);
});

test('no workspace sets a setting, trusted or not', () => {
  for (const [id, { scope }] of Object.entries(properties)) {
    assert.ok(scope === 'machine' || scope === 'application', `${id}: ${scope}`);
  }
  const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  assert.equal(supported, 'limited');
  assert.deepEqual(sorted(restrictedConfigurations), sorted(Object.keys(properties)));
});

test('what signs in, and how much of an account it may use, belongs to the machine that has the profiles, and is not synchronised to others', () => {
  for (const id of [
    settings.connections,
    settings.accountNames,
    settings.profile,
    settings.region,
    settings.requestBudget,
  ]) {
    assert.equal(properties[id]?.scope, 'machine', id);
  }
});

test('every icon is there', () => {
  const files = [
    manifest.icon,
    ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ...Object.values(contributes.views).flatMap((entries) => entries.map(({ icon }) => icon)),
  ];
  assert.deepEqual(
    files.filter((file) => !existsSync(file)),
    [],
  );
});

test('nothing activates the extension but its view and commands', () => {
  assert.deepEqual(manifest.activationEvents, []);
});

test('the types of VS Code are those of the oldest VS Code that is supported', () => {
  const types = manifest.devDependencies['@types/vscode'] ?? '';
  assert.equal(manifest.engines.vscode, `^${types}`);
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(lockText, /"resolved"/);
});

test('the lock file is that of package.json', () => {
  const { packages } = JSON.parse(lockText) as { packages: Readonly<Record<string, Partial<Manifest>>> };
  const { name, version, dependencies, devDependencies } = packages[''] ?? {};
  assert.deepEqual(
    { name, version, dependencies, devDependencies },
    {
      name: manifest.name,
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    },
  );
});

// Layers and arrows

/** Which layer may import which, besides itself. product.ts may import all but what loads it, and firstRows.ts. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  aws: ['core'],
  emulator: [],
  platform: ['core', 'manifest.ts'],
  views: ['core', 'platform', 'manifest.ts'],
  commands: ['views', 'core', 'platform', 'manifest.ts'],
  'extension.ts': ['core', 'views', 'commands', 'firstRows.ts', 'product.ts'],
  'firstRows.ts': ['core', 'aws', 'platform', 'views'],
  'product.ts': ['core', 'aws', 'emulator', 'platform', 'views', 'commands', 'manifest.ts'],
  'manifest.ts': [],
};
const layersWithVscode = ['platform', 'views', 'commands', 'extension.ts', 'firstRows.ts', 'product.ts'];

interface Import {
  readonly file: string;
  /** The folder below src, or the file itself. */
  readonly layer: string;
  readonly specifier: string;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));

const imports: readonly Import[] = files.flatMap((file) => {
  const source = readFileSync(join('src', file), 'utf8');
  const specifiers = source.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) => ({ file, layer: file.split('/')[0] ?? file, specifier }));
});

/** The layer that an import of ours leads to; `undefined` for packages. */
function layerOf({ file, specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) {
    return undefined;
  }
  const path = join(dirname(file), specifier);
  assert.ok(files.includes(path), `${file} imports ${specifier}, which is not in src`);
  return path.split('/')[0];
}

test('every file of src is in a layer that is known', () => {
  const known = Object.keys(arrows);
  for (const file of files) {
    assert.ok(known.includes(file.split('/')[0] ?? ''), file);
  }
  assert.ok(files.length > 30 && imports.length > 100, 'the files and their imports are found');
});

test('every layer imports only the layers that it may', () => {
  for (const entry of imports) {
    const target = layerOf(entry);
    if (target === undefined || target === entry.layer) {
      continue;
    }
    assert.ok(arrows[entry.layer]?.includes(target), `${entry.file} imports ${entry.specifier}`);
  }
});

test('only the aws layer imports the AWS SDK', () => {
  const sdk = imports.filter(({ specifier }) => /^@(aws-sdk|smithy)\//.test(specifier));
  assert.deepEqual([...new Set(sdk.map(({ layer }) => layer))], ['aws']);
});

test('only platform, views, commands, extension.ts, firstRows.ts and product.ts import vscode', () => {
  const layers = new Set(imports.filter(({ specifier }) => specifier === 'vscode').map(({ layer }) => layer));
  assert.deepEqual(sorted(layers), sorted(layersWithVscode));
});

test('vscode is required as it is: a namespace import is a copy of all of it in each file', () => {
  for (const file of files) {
    assert.doesNotMatch(readFileSync(join('src', file), 'utf8'), /^import (?!type\b).*\bfrom 'vscode'/m, file);
  }
});

test('the product, the AWS SDK and the emulator are loaded when first needed', () => {
  const [extension = '', firstRows = '', product = ''] = ['extension', 'firstRows', 'product'].map((name) =>
    readFileSync(`src/${name}.ts`, 'utf8'),
  );
  assert.doesNotMatch(extension, /^import (?!type\b).*'\.\/(product|firstRows)\.ts'/m);
  assert.match(extension, /await import\('\.\/product\.ts'\)/);
  assert.match(extension, /await import\('\.\/firstRows\.ts'\)/);
  for (const source of [firstRows, product]) {
    assert.doesNotMatch(source, /^import (?!type\b).*'\.\/(aws|emulator)\//m);
    assert.match(source, /await import\('\.\/aws\/index\.ts'\)/);
  }
});

test('only product.ts knows the clock of the computer: everybody else is given one', () => {
  const users = files.filter((file) => /\bsystemClock\b/.test(readFileSync(join('src', file), 'utf8')));
  assert.deepEqual(sorted(users), ['core/base/clock.ts', 'product.ts']);
});

test('the defaults of findings are the same in the settings and in the code', () => {
  const { off, olderThanDays, keyUnusedDays } = defaultFindingOptions;
  for (const kind of findingKinds) {
    assert.equal(properties[`kmsGrants.findings.${kind}`]?.default, !off.has(kind), kind);
  }
  assert.equal(properties['kmsGrants.findings.olderThanDays']?.default, olderThanDays);
  assert.equal(properties['kmsGrants.findings.keyUnusedDays']?.default, keyUnusedDays);
});
