import * as vscode from 'vscode';
import { defaultPolicy, type PropagationPolicy } from '../core/propagation.ts';
import { settings } from '../manifest.ts';

/** The setting's value, or `fallback` when a settings file holds something else than its type. */
function read<T extends string | number>(id: string, fallback: T): T {
  const value: unknown = vscode.workspace.getConfiguration().get(id);
  return typeof value === typeof fallback ? (value as T) : fallback;
}

export function profileSetting(): string {
  return read(settings.profile, '').trim();
}

export function regionSetting(): string {
  return read(settings.region, '').trim();
}

export function propagationPolicy(): PropagationPolicy {
  const bounded = (id: string, fallback: number, least: number, most: number) =>
    Math.min(most, Math.max(least, read(id, fallback)));
  const intervalMs = 1000 * bounded(settings.propagationIntervalSeconds, defaultPolicy.intervalMs / 1000, 1, 60);
  return {
    firstDelaysMs: defaultPolicy.firstDelaysMs.map((delay) => Math.min(delay, intervalMs)),
    intervalMs,
    timeoutMs: 1000 * bounded(settings.propagationTimeoutSeconds, defaultPolicy.timeoutMs / 1000, 10, 3600),
    absentReads: Math.round(bounded(settings.propagationAbsentReads, defaultPolicy.absentReads, 1, 10)),
  };
}

/** Calls back when the profile or Region of the settings changed. */
export function onConnectionSettings(changed: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(settings.profile) || event.affectsConfiguration(settings.region)) changed();
  });
}
