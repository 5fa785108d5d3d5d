/**
 * The AWS CLI's arguments to sign in where the browser is on another computer than the CLI, as in a remote window: with a
 * code that is entered in any browser. Without it, the browser would answer to a port of its own computer.
 */
export function withDeviceCode(args: readonly string[]): readonly string[] {
  return args[0] === 'sso' ? [...args, '--use-device-code'] : [...args, '--remote'];
}
