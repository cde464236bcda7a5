/** What a line of an action's output is to people. */
export type Said =
  | { readonly kind: 'text' | 'heading' | 'error' | 'warning' | 'notice' | 'debug'; readonly text: string }
  /** Nothing to show. */
  | undefined;

/** Shorter ones would blot out half the log. */
const shortestMask = 3;

/**
 * Reads what actions print for a GitHub runner (`::group::`, `::error::`, `::add-mask::`): masks are learned and never
 * shown, and every line is shown without what is masked.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export class RunnerCommands {
  readonly #masks = new Set<string>();
  /** While commands are stopped, the word that lets them go on. */
  #stopped: string | undefined;

  read(line: string): Said {
    const [, command, parameters = '', value = ''] =
      /^::([a-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/s.exec(line) ?? [];
    if (this.#stopped !== undefined) {
      if (line.trim() !== `::${this.#stopped}::`) return { kind: 'text', text: this.mask(line) };
      this.#stopped = undefined;
      return undefined;
    }
    if (command === undefined) return { kind: 'text', text: this.mask(line) };
    switch (command) {
      case 'add-mask':
        this.#learn(decode(value));
        return undefined;
      case 'group':
        return { kind: 'heading', text: this.mask(decode(value)) };
      case 'error':
      case 'warning':
      case 'notice':
      case 'debug':
        return { kind: command, text: this.mask(placed(parameters) + decode(value)) };
      case 'stop-commands':
        this.#stopped = value;
        return undefined;
      case 'endgroup':
      case 'add-matcher':
      case 'remove-matcher':
      case 'echo':
      case 'add-path':
      case 'set-env':
      case 'set-output':
      case 'save-state':
        return undefined;
      default:
        return { kind: 'text', text: this.mask(line) };
    }
  }

  /** Longest first: a secret that holds another one is blotted out whole. */
  mask(text: string): string {
    return [...this.#masks]
      .sort((a, b) => b.length - a.length)
      .reduce((left, secret) => left.replaceAll(secret, '***'), text);
  }

  #learn(secret: string): void {
    for (const part of [secret, ...secret.split('\n')].map(one => one.trim()))
      if (part.length >= shortestMask) this.#masks.add(part);
  }
}

/** `main.go:12: ` of `file=main.go,line=12`. */
function placed(parameters: string): string {
  const of = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(parameters)?.[1];
  const [file, line] = [of('file'), of('line')];
  return file === undefined ? '' : `${decode(file)}${line === undefined ? '' : `:${line}`}: `;
}

function decode(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}
