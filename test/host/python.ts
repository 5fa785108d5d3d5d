import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnedProcess, startOwned } from './process.ts';
import { messageOf, testFolder } from './project.ts';

/** Programs of others to test against, by absolute path. */
export interface PythonTools {
  readonly python: string;
  /** moto's server. */
  readonly moto: string;
  /** The AWS CLI. */
  readonly aws: string;
  /** The folder of botocore's service models, by service and API version. */
  readonly botocoreData: string;
}

const pins = { moto: '5.2.5', awscli: '1.46.3' };

const folder = join(testFolder, `python-moto-${pins.moto}-awscli-${pins.awscli}`);

/**
 * Makes the environment named by the first argument, with the packages named by the others. The scripts in it hold its
 * path, so it can't be made elsewhere, nor moved with the project: one that lacks its marker, or whose marker names a
 * folder of botocore that is not there, is replaced.
 * The system drops the lock of a process that ends, however it ends.
 */
const installer = `
import fcntl, os, shutil, subprocess, sys

folder, *packages = sys.argv[1:]
python, marker = os.path.join(folder, "bin", "python"), os.path.join(folder, "complete")

def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0:
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no output"]
        sys.exit(errors[-1])
    return lines

lock = open(folder + ".lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
def whole():
    if not (os.path.exists(marker) and os.path.exists(python)):
        return False
    with open(marker) as file:
        return os.path.exists(file.read())

if not whole():
    shutil.rmtree(folder, ignore_errors=True)
    print("Python: a virtual environment …", flush=True)
    run(sys.executable, "-m", "venv", folder)
    print("Python: " + " and ".join(packages) + " …", flush=True)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries=2", *packages)
    [origin] = run(python, "-c", "import importlib.util; print(importlib.util.find_spec('botocore').origin)")
    with open(marker + ".partial", "w") as file:
        file.write(os.path.join(os.path.dirname(origin), "data"))
    os.rename(marker + ".partial", marker)
`;

/**
 * Installs moto and the AWS CLI into .vscode-test, with the machine's own python3 and pip. What is there already is kept.
 * `undefined`, after one sentence on why, when they can't be had.
 */
export async function pythonTools(): Promise<PythonTools | undefined> {
  const problem = await install();
  if (problem !== undefined) {
    console.log(`moto and the AWS CLI can't be had here: ${problem}`);
    return undefined;
  }
  const program = (name: string) => join(folder, 'bin', name);
  return {
    python: program('python'),
    moto: program('moto_server'),
    aws: program('aws'),
    botocoreData: await readFile(join(folder, 'complete'), 'utf8'),
  };
}

async function isWhole(): Promise<boolean> {
  const [marker, python] = [join(folder, 'complete'), join(folder, 'bin/python')];
  return existsSync(marker) && existsSync(python) && existsSync(await readFile(marker, 'utf8'));
}

/** @returns why it failed, or undefined */
async function install(): Promise<string | undefined> {
  if (await isWhole()) {
    return undefined;
  }
  if (process.platform === 'win32') {
    return 'on Windows, run the command inside WSL.';
  }
  await mkdir(testFolder, { recursive: true });
  const packages = [`moto[server]==${pins.moto}`, `awscli==${pins.awscli}`];
  let last = '';
  try {
    const python = await startOwned('python3', ['-c', installer, folder, ...packages], {
      env: { PYTHONUTF8: '1' },
      onLine: (line) => {
        if (line.startsWith('Python: ')) {
          console.log(line);
        }
        last = line;
      },
    });
    return (await python.exited) === 0 ? undefined : last;
  } catch (error) {
    return `python3 doesn't run (${messageOf(error)}).`;
  }
}

/** A request for KMS or another JSON service, as moto recorded it. */
interface MotoRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface MotoProcess extends AsyncDisposable {
  readonly url: string;
  /** All that it was sent so far, by its own recorder. */
  requests(): Promise<readonly MotoRequest[]>;
  stop(): Promise<void>;
}

/** Starts moto's KMS and STS (and the rest of it) on a free port. It is empty, and takes any credentials. */
export async function startMoto(tools: PythonTools): Promise<MotoProcess> {
  const home = await mkdtemp(join(tmpdir(), 'kms-grants-moto-'));
  const recording = join(home, 'recording');
  const moto: OwnedProcess = await startOwned(tools.moto, ['--host', '127.0.0.1', '--port', '0'], {
    env: { MOTO_ENABLE_RECORDING: 'true', MOTO_RECORDER_FILEPATH: recording },
  });
  const stop = async () => {
    await moto.stop();
    await rm(home, { recursive: true });
  };
  try {
    const [, url = ''] = await moto.line(/Running on (http:\/\/127\.0\.0\.1:\d+)/, 20_000);
    const requests = async () => {
      const text = existsSync(recording) ? await readFile(recording, 'utf8') : '';
      return text.split('\n').flatMap(readRecorded);
    };
    return { url, requests, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One line of moto's recording; nothing for a request that is no JSON service's, such as those for STS. */
function readRecorded(line: string): readonly MotoRequest[] {
  if (line === '') {
    return [];
  }
  const { headers, body }: { headers: Record<string, string>; body: string } = JSON.parse(line);
  const target = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-target')?.[1];
  if (target === undefined) {
    return [];
  }
  const input = JSON.parse(Buffer.from(body, 'base64').toString('utf8'));
  return [{ operation: target.slice(target.indexOf('.') + 1), input }];
}
