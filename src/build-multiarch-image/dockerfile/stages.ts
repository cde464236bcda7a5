/** A stage of a Dockerfile, as far as it matters where its steps run. */
export interface Stage {
  readonly name: string | undefined;
  /** Image or earlier stage that it begins with. */
  readonly from: string;
  /** Of `--platform`, as it is written. */
  readonly platform: string | undefined;
  readonly runs: { readonly line: number; readonly text: string }[];
  /** Other stages that it copies from or mounts, by name or number. */
  readonly uses: string[];
}

/** Reads the stages of a Dockerfile and their RUN steps. What it does not know it passes over: the engine judges it. */
export function parseStages(text: string): Stage[] {
  const continues = /^#\s*escape\s*=\s*`/im.test(text.split('\n', 5).join('\n')) ? '`' : '\\';
  const stages: Stage[] = [];
  for (const { line, text: instruction } of instructions(text.split(/\r?\n/), continues)) {
    const [, word = '', rest = ''] = /^\s*(\w+)\s+(.*)$/s.exec(instruction) ?? [];
    const stage = stages.at(-1);
    if (word.toUpperCase() === 'FROM') {
      const platform = /--platform=(\S+)/.exec(rest)?.[1];
      const [from = '', , name] = rest
        .replaceAll(/--\S+\s+/g, '')
        .trim()
        .split(/\s+/);
      stages.push({ name: name?.toLowerCase(), from, platform, runs: [], uses: [] });
    } else if (stage !== undefined) {
      if (word.toUpperCase() === 'RUN') stage.runs.push({ line, text: `RUN ${rest.trim()}`.split('\n')[0]! });
      for (const [, used] of rest.matchAll(/(?:--from=|--mount=\S*\bfrom=)([^\s,]+)/g))
        stage.uses.push(used!.toLowerCase());
    }
  }
  return stages;
}

/** Whole instructions: continued lines joined, comments and heredocs left out. */
function* instructions(lines: readonly string[], continues: string): Generator<{ line: number; text: string }> {
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    if (/^\s*(#|$)/.test(lines[at]!)) continue;
    let text = lines[at]!;
    while (text.trimEnd().endsWith(continues) && at + 1 < lines.length) {
      text = text.trimEnd().slice(0, -1);
      const next = lines[++at]!;
      text += /^\s*(#|$)/.test(next) ? ` ${continues}` : ` ${next.trim()}`;
    }
    yield { line, text };
    if (!/^\s*(RUN|COPY|ADD)\s/i.test(text)) continue;
    for (const [, dash, word] of text.matchAll(/(?<!<)<<(-?)["']?([A-Za-z_]\w*)["']?/g)) {
      const end = lines.findIndex((one, index) => index > at && (dash === '' ? one : one.replace(/^\t+/, '')) === word);
      if (end > 0) at = end; // else it was a shift in a shell's arithmetic
    }
  }
}

/** The stages that building `target` (default: the last) needs. */
export function neededStages(stages: readonly Stage[], target: string | undefined): Stage[] {
  const find = (name: string) =>
    stages.find(one => one.name === name) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined);
  const needed = new Set<Stage>();
  const visit = (stage: Stage | undefined) => {
    if (stage === undefined || needed.has(stage)) return;
    needed.add(stage);
    for (const name of [stage.from.toLowerCase(), ...stage.uses]) visit(find(name));
  };
  visit(target === undefined ? stages.at(-1) : find(target.toLowerCase()));
  return [...needed];
}

/** Where the steps of a stage run: on the builder's own platform, on the image's, or on the one named; undefined: unknown. */
export function placeOf(stage: Stage, stages: readonly Stage[]): 'build' | 'target' | { platform: string } | undefined {
  const { platform } = stage;
  if (platform === undefined) {
    const before = stages.slice(0, stages.indexOf(stage)).find(one => one.name === stage.from.toLowerCase());
    return before === undefined ? 'target' : placeOf(before, stages);
  }
  if (/^\$\{?BUILDPLATFORM\}?$/.test(platform)) return 'build';
  if (/^\$\{?TARGETPLATFORM\}?$/.test(platform)) return 'target';
  return platform.includes('$') ? undefined : { platform };
}
