/** What one request brought back: each name's values, in order. */
export class Answer {
  readonly #facts = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.#facts.set(name, [...(this.#facts.get(name) ?? []), value]);
  }

  /** Another line of the last value. */
  addLine(name: string, line: string): void {
    const values = this.#facts.get(name) ?? [];
    this.#facts.set(name, [...values.slice(0, -1), `${values.at(-1) ?? ''}\n${line}`]);
  }

  all(name: string): readonly string[] {
    return this.#facts.get(name) ?? [];
  }

  /** The first value, or an empty text. */
  text(name: string): string {
    return this.all(name)[0] ?? '';
  }

  /** The first value's lines, those that are empty left out. */
  lines(name: string): string[] {
    return this.text(name).split('\n').filter(Boolean);
  }
}
