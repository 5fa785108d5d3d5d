interface Labelled {
  readonly label: string;
  readonly description?: string | undefined;
  readonly detail?: string | undefined;
}

/**
 * The item that VS Code's quick pick lists first for the typed text. A multi-select quick pick highlights no item while
 * the user types, so Enter needs this.
 * @returns `undefined` if no item contains the text
 */
export function firstMatch<T extends Labelled>(items: readonly T[], typed: string): T | undefined {
  const text = typed.trim().toLowerCase();
  const inLabel = items.filter(({ label }) => label.toLowerCase().includes(text));
  const [first] = inLabel.toSorted(
    (left, right) => rank(left.label, text) - rank(right.label, text) || left.label.localeCompare(right.label),
  );
  return (
    first ?? items.find((item) => [item.description, item.detail].some((one) => one?.toLowerCase().includes(text)))
  );
}

/** Labels that start with the text come first, shortest first, then those that end with it. */
function rank(label: string, text: string): number {
  const lower = label.toLowerCase();
  const [ending, inside] = [1e6, 1e6 + 1];
  if (lower.startsWith(text)) {
    return label.length;
  }
  return lower.endsWith(text) ? ending : inside;
}
