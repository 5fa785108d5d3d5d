/** `skip` of a test of what Windows doesn't do. @param why with Windows as its subject */
export const notOnWindows = (why: string): string | false => process.platform === 'win32' && `Windows ${why}`;
