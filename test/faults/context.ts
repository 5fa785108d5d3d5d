import { readFileSync } from 'node:fs';
import type { CommandContext } from '../../src/commands/context.ts';
import { JsonDocuments } from '../../src/views/shared/jsonDocuments.ts';
import { dialogs, env, window as vscodeWindow, workspace } from './vscode.ts';
import { noPinnedKeys, type Window } from './world.ts';

interface Owner {
  after(act: () => void): void;
}

export interface SeenDialogs {
  /** Modal questions with their details. */
  readonly asked: string[];
  /** Notifications. */
  readonly said: string[];
  readonly copied: string[];
  /** The last question of all, a typed one too, was answered with yes. */
  isConfirmed: boolean;
  onConfirmed: () => void;
}

/** As it is in each test at first: one test may watch twice. */
const before = { ...dialogs, ...vscodeWindow, write: env.clipboard.writeText };

/** What was asked, said and copied. Every question is answered alike; what is to be typed is typed. */
export function watchDialogs(t: Owner, { isYes }: { readonly isYes: boolean }): SeenDialogs {
  const seen: SeenDialogs = { asked: [], said: [], copied: [], isConfirmed: false, onConfirmed: () => {} };
  dialogs.press = async (message, buttons, detail) => {
    if (detail === undefined) {
      return undefined;
    }
    seen.asked.push(`${message}\n${detail}`);
    return isYes ? buttons[0] : undefined;
  };
  dialogs.type = async (_, expected) => {
    if (!isYes) {
      return undefined;
    }
    seen.isConfirmed = true;
    seen.onConfirmed();
    return expected;
  };
  for (const show of ['showErrorMessage', 'showWarningMessage', 'showInformationMessage'] as const) {
    vscodeWindow[show] = async (message, ...rest) => {
      const isModal = rest.some((one) => typeof one === 'object' && one.modal === true);
      if (!isModal) {
        seen.said.push(message);
      }
      return isModal ? before[show](message, ...rest) : undefined;
    };
  }
  env.clipboard.writeText = async (text?: string) => {
    seen.copied.push(text ?? '');
  };
  t.after(() => {
    const { press, type, write, showErrorMessage, showWarningMessage, showInformationMessage } = before;
    Object.assign(dialogs, { press, type });
    Object.assign(vscodeWindow, { showErrorMessage, showWarningMessage, showInformationMessage });
    env.clipboard.writeText = write;
  });
  return seen;
}

/** Done while the first modal question is open, before it is answered with yes. */
export function duringQuestion(act: () => Promise<unknown>): void {
  const { press } = dialogs;
  dialogs.press = async (message, buttons, detail) => {
    if (detail !== undefined) {
      dialogs.press = press;
      await act();
    }
    return press(message, buttons, detail);
  };
}

/** As in VS Code, one modal question is open at a time: the first is answered once so many were asked. */
export function questionsInTurn(count: number): void {
  const { press } = dialogs;
  let asked = 0;
  let begin = () => {};
  let before: Promise<unknown> = new Promise<void>((resolve) => {
    begin = resolve;
  });
  dialogs.press = (message, buttons, detail) => {
    asked += 1;
    if (asked === count) {
      begin();
    }
    const answer = before.then(() => press(message, buttons, detail));
    before = answer;
    return answer;
  };
}

/** The settings, as they are on the disk. */
export function settingsOnDisk(t: Owner): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const before = workspace.getConfiguration;
  Object.assign(workspace, {
    getConfiguration: () => ({
      get: (id: string) => values.get(id),
      inspect: (id: string) => ({ globalValue: values.get(id) }),
      update: async (id: string, value: unknown) => {
        values.set(id, value);
      },
    }),
  });
  t.after(() => {
    workspace.getConfiguration = before;
    delete env.remoteName;
  });
  return values;
}

/** All that a command may need; nothing is selected, and what is shown lasts as long as the window. */
export function contextOf(window: Window): CommandContext {
  const { world, aws, preferences, connections, revocations, followUps, journal, view, grantees, history } = window;
  return {
    clock: world.clock,
    aws: async () => aws,
    preferences,
    setShowsSample: async () => {},
    confirmedSettings: { isUnconfirmed: () => false, confirm: async () => {} },
    connections,
    revocations,
    followUps,
    pinnedKeys: noPinnedKeys,
    evidence: window.evidence,
    terraform: window.terraform,
    version: '1.2.3',
    lastBaseline: window.lastBaseline,
    journal,
    view,
    grantees,
    history,
    selection: () => [],
    selected: () => [],
    focusNeighbor: async () => false,
    contributes: JSON.parse(readFileSync('package.json', 'utf8')).contributes,
    documents: new JsonDocuments(),
    log: { error: () => {}, warn: (text) => window.warnings.push(text), show: () => {} },
  };
}
