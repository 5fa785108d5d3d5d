import vscode = require('vscode');

import type { Event } from '../core/base/emitter.ts';
import { defaultPolicy, type PropagationPolicy } from '../core/changes/propagation.ts';
import { defaultUsePages } from '../core/kms/evidenceApi.ts';
import type { ConnectionRef } from '../core/kms/model.ts';
import { defaultBudget } from '../core/pacing/limiter.ts';
import { settings } from '../manifest.ts';

/** A setting as it is now, and when it changes. */
export interface Setting<T> {
  readonly get: () => T;
  readonly onDidChange: Event<void>;
}

/** @param ids of settings, or a prefix that several have in common, without its dot */
export function onDidChangeSettings(...ids: readonly string[]): Event<void> {
  return (listener) =>
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (ids.some((id) => event.affectsConfiguration(id))) {
        listener();
      }
    });
}

/** The value of the setting, or `fallback` if the settings file has one of another type. */
function read<T extends string | number | boolean>(id: string, fallback: T): T {
  const value: unknown = vscode.workspace.getConfiguration().get(id);
  return typeof value === typeof fallback ? (value as T) : fallback;
}

export function profileSetting(): string {
  return read(settings.profile, '').trim();
}

export function regionSetting(): string {
  return read(settings.region, '').trim();
}

function bounded(id: string, fallback: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, read(id, fallback)));
}

/** Percent of AWS's request quotas. */
export const requestBudget: Setting<number> = {
  get: () => bounded(settings.requestBudget, defaultBudget, 1, 100),
  onDidChange: onDidChangeSettings(settings.requestBudget),
};

/** How many pages of events one look for uses reads at most. */
export function usePages(): number {
  return Math.round(bounded(settings.evidenceUsePages, defaultUsePages, 1, 200));
}

export function propagationPolicy(): PropagationPolicy {
  const intervalMs = 1000 * bounded(settings.propagationIntervalSeconds, defaultPolicy.intervalMs / 1000, 1, 60);
  return {
    firstDelaysMs: defaultPolicy.firstDelaysMs.map((delay) => Math.min(delay, intervalMs)),
    intervalMs,
    timeoutMs: 1000 * bounded(settings.propagationTimeoutSeconds, defaultPolicy.timeoutMs / 1000, 10, 3600),
    absentReads: Math.round(bounded(settings.propagationAbsentReads, defaultPolicy.absentReads, 1, 10)),
  };
}

/** Whether every change is refused. */
export const readOnly: Setting<boolean> = {
  get: () => read<boolean>(settings.readOnly, false),
  onDidChange: onDidChangeSettings(settings.readOnly),
};

/** Whether the ARNs of keys in documents and terminals are links. */
export const showsLinks: Setting<boolean> = {
  get: () => read<boolean>(settings.links, true),
  onDidChange: onDidChangeSettings(settings.links),
};

/** Whether a question about the end of grants shows evidence. */
export function showsEvidence(): boolean {
  return read<boolean>(settings.evidenceBeforeRevoke, true);
}

/** The chosen connections; `undefined` until the user chose some. Entries that are no connection are left out. */
export function connectionsSetting(): readonly ConnectionRef[] | undefined {
  const value = vscode.workspace.getConfiguration().inspect(settings.connections)?.globalValue;
  return Array.isArray(value) ? value.flatMap(readRef) : undefined;
}

function readRef(value: unknown): readonly ConnectionRef[] {
  if (typeof value !== 'object' || value === null || !('region' in value)) {
    return [];
  }
  const { region } = value;
  if (typeof region !== 'string' || region === '') {
    return [];
  }
  const profile = 'profile' in value ? value.profile : undefined;
  if (profile === undefined) {
    return [{ kind: 'environment', region }];
  }
  return typeof profile === 'string' && profile !== '' ? [{ kind: 'profile', profile, region }] : [];
}

/**
 * Writes the setting; `undefined` removes it. Sample data is not part of it. Entries that this version can't read stay.
 */
export async function setConnections(refs: readonly ConnectionRef[] | undefined): Promise<void> {
  const written = refs?.flatMap((ref): unknown[] => {
    if (ref.kind === 'sample') {
      return [];
    }
    return ref.kind === 'profile' ? [{ profile: ref.profile, region: ref.region }] : [{ region: ref.region }];
  });
  const before = vscode.workspace.getConfiguration().inspect(settings.connections)?.globalValue;
  const unreadable = Array.isArray(before) ? before.filter((one) => readRef(one).length === 0) : [];
  const value = unreadable.length === 0 ? written : [...(written ?? []), ...unreadable];
  const target = vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration().update(settings.connections, value, target);
}

/** The name that the user gave an account. */
export function accountName(account: string): string | undefined {
  const names: unknown = vscode.workspace.getConfiguration().get(settings.accountNames);
  if (typeof names !== 'object' || names === null) {
    return undefined;
  }
  const name: unknown = Object.entries(names).find(([id]) => id === account)?.[1];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The connections to show, or the names of their accounts, changed. */
export const onDidChangeConnectionSettings = onDidChangeSettings(
  settings.connections,
  settings.accountNames,
  settings.profile,
  settings.region,
);
