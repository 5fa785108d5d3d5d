const turnMs = 100;
const quietTurns = 10;
const mostTurns = 300;

/** Resolves once the host, which still starts other things when it calls us, has had little to do for a second. */
export async function quiet(): Promise<void> {
  let still = 0;
  for (let turn = 0; turn < mostTurns && still < quietTurns; turn++) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, turnMs));
    const { user, system } = process.cpuUsage(before);
    still = (user + system) / 1000 < turnMs / 10 ? still + 1 : 0;
  }
}
