import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** AWS's model of a service, as botocore carries it: the part that we read. */
interface Model {
  readonly operations: Readonly<Record<string, OperationModel>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

interface OperationModel {
  readonly input?: Reference;
  readonly output?: Reference;
  readonly errors?: readonly Reference[];
}

export interface Reference {
  readonly shape: string;
}

interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Reference>>;
  readonly required?: readonly string[];
  readonly member?: Reference;
  readonly key?: Reference;
  readonly value?: Reference;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

/** What AWS itself answers against its model: the AWS HealthImaging Developer Guide shows it as a grantee. */
const againstModel: readonly string[] = ['AWS Internal'];

/** AWS's newest model of a service, and what it says of an answer. */
export async function readModel(folder: string) {
  const model = await parseModel(folder);
  const shapeOf = ({ shape: name }: Reference): Shape => {
    const shape = model.shapes[name];
    assert.ok(shape, `the model has no shape ${name}`);
    return shape;
  };
  const operationOf = (name: string): OperationModel => {
    const operation = model.operations[name];
    assert.ok(operation, `the model has no operation ${name}`);
    return operation;
  };

  /** What is wrong with a value, each with its path; nothing when it is as the model says. */
  function problems(reference: Reference, value: unknown, path: string): readonly string[] {
    const shape = shapeOf(reference);
    const wrong = (what: string) => [`${path}: ${what} (${reference.shape}), and is ${JSON.stringify(value)}`];
    switch (shape.type) {
      case 'structure': {
        if (!isObject(value)) {
          return wrong('must be an object');
        }
        const missing = (shape.required ?? []).filter((name) => value[name] === undefined);
        return [
          ...missing.map((name) => `${path}.${name} is required (${reference.shape})`),
          ...Object.entries(value).flatMap(([name, member]) => {
            const known = shape.members?.[name];
            return known
              ? problems(known, member, `${path}.${name}`)
              : [`${path}.${name} is not in ${reference.shape}`];
          }),
        ];
      }
      case 'list': {
        const { member } = shape;
        if (!Array.isArray(value) || !member) {
          return wrong('must be a list');
        }
        return [...inRange(value.length), ...value.flatMap((item, n) => problems(member, item, `${path}[${n}]`))];
      }
      case 'map': {
        const { key, value: held } = shape;
        if (!isObject(value) || !key || !held) {
          return wrong('must be a map');
        }
        return Object.entries(value).flatMap(([name, item]) => [
          ...problems(key, name, `${path}'s key`),
          ...problems(held, item, `${path}.${name}`),
        ]);
      }
      case 'string':
        if (typeof value !== 'string') {
          return wrong('must be a string');
        }
        if (shape.enum && !shape.enum.includes(value)) {
          return wrong('must be one of the enum');
        }
        if (againstModel.includes(value)) {
          return [];
        }
        if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value)) {
          return wrong(`must match ${shape.pattern}`);
        }
        return inRange(value.length);
      case 'integer':
        return typeof value === 'number' && Number.isInteger(value) ? inRange(value) : wrong('must be a whole number');
      case 'timestamp':
        // Between 2000 and 2100, so that milliseconds in place of seconds are found.
        return typeof value === 'number' && value > 946_684_800 && value < 4_102_444_800
          ? []
          : wrong('must be seconds since the epoch');
      case 'boolean':
        return typeof value === 'boolean' ? [] : wrong('must be a boolean');
      default:
        return wrong(`is of a type that no answer has yet, ${shape.type}`);
    }

    function inRange(size: number): readonly string[] {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = shape;
      return size < min || size > max ? wrong(`must be from ${min} to ${max}`) : [];
    }
  }

  return { model, shapeOf, operationOf, problems };
}

/** Packed or not. */
async function parseModel(folder: string): Promise<Model> {
  const version = (await readdir(folder)).sort().at(-1) ?? '';
  const [file] = (await readdir(join(folder, version))).filter((name) => name.startsWith('service-2.json'));
  assert.ok(file, `${folder} has no service-2.json`);
  const bytes = await readFile(join(folder, version, file));
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
