/**
 * The AWS CLI's arguments to sign in when the browser runs on another computer than the CLI, as in a remote window: the
 * user enters a code in any browser. Otherwise the browser would answer to a port of its own computer.
 */
export function withDeviceCode(args: readonly string[]): readonly string[] {
  return args[0] === 'sso' ? [...args, '--use-device-code'] : [...args, '--remote'];
}
