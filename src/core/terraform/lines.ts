/** Counts the lines of a text, once. */
export class Lines {
  readonly #text: string;
  #from = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The line of a place that is not before the last one that was asked for. From 1. */
  lineOf(place: number): number {
    const next = () => this.#text.indexOf('\n', this.#from);
    for (let end = next(); end !== -1 && end < place; end = next()) {
      this.#from = end + 1;
      this.#line += 1;
    }
    return this.#line;
  }
}
