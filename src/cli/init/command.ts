import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseConfig } from '../../core/config-file.ts';
import { SlipwayError } from '../../core/errors.ts';
import { writeAtomic } from '../../core/files.ts';
import { parseHosts } from '../../core/ssh/hosts.ts';
import type { Call } from '../call.ts';
import { misuse } from '../options.ts';
import type { Answers } from './answers.ts';
import { differences } from './differences.ts';
import { answersIn } from './existing.ts';
import { knownHostsOf } from './known-hosts.ts';
import { askTheRest } from './questions.ts';
import { tellFound, tellNext } from './say.ts';
import { survey } from './survey.ts';
import { workflowFile, writeWorkflow } from './workflow.ts';
import { writeConfig } from './write-config.ts';

/** `slipway init`: looks, asks, writes, and says what is left. @returns the exit code */
export async function init(call: Call): Promise<number> {
  const { given, directory, terminal } = call;
  const name = given.text('config') ?? 'slipway.yml';
  const file = resolve(directory, name);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  const workflow = given.has('workflow') ? join(directory, workflowFile) : undefined;
  const workflowBefore = workflow && (await readFile(workflow, 'utf8').catch(() => undefined));
  if (!given.has('force')) {
    if (before !== undefined) throw exists(name);
    if (workflowBefore !== undefined) throw exists(workflowFile);
  }
  const found = await survey(directory, given.text('program'));
  tellFound(found, terminal);
  const answers = await answersOf(call, file, found);
  const written = writeConfig(found, answers);
  parseConfig(written.text, name);
  await replace(file, before, written.text, call, name);
  if (workflow !== undefined) {
    await mkdir(dirname(workflow), { recursive: true });
    await replace(workflow, workflowBefore, writeWorkflow(written.variables, name), call, workflowFile);
  }
  const { todos, notes, variables } = written;
  tellNext(name, written, found, call);
  const files = [name, ...(workflow === undefined ? [] : [workflowFile])];
  call.document({
    command: 'init',
    code: 0,
    files,
    program: found.program,
    todos,
    notes,
    variables,
    found: { ciFiles: found.ciFiles },
  });
  return 0;
}

async function answersOf(call: Call, file: string, found: Awaited<ReturnType<typeof survey>>): Promise<Answers> {
  const { given, env, interactive } = call;
  const kept = given.has('force') ? await answersIn(file) : {};
  const hosts = given.list('host').length > 0 ? given.list('host') : (kept.hosts ?? []);
  const url = given.text('url') ?? kept.url;
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw misuse(`--url is "${url}"`, 'Give an address such as https://hello.example.com.');
  const stated: Answers = {
    hosts,
    image: given.text('image') ?? kept.image,
    url,
    namespace: given.text('namespace'),
    ...(given.has('kubernetes') && { kubernetes: true }),
  };
  const answers = interactive ? await askTheRest(found, stated, call) : stated;
  parseHosts(answers.hosts); // a mistyped host is said now
  const knownHosts = (await knownHostsOf(answers.hosts, env)) ?? kept.knownHosts;
  return { ...answers, ...(knownHosts !== undefined && { knownHosts }) };
}

/** Nothing that was there is lost: it is kept beside the new file, and what is different is said. */
async function replace(file: string, before: string | undefined, text: string, { terminal }: Call, name: string) {
  if (before !== undefined && before !== text) {
    await writeAtomic(`${file}.old`, before);
    terminal.say(`${name} is written anew; the old one is ${name}.old:`);
    for (const line of differences(before, text))
      terminal.say(terminal.style(`  ${line}`, line.startsWith('+') ? 'green' : 'red'));
  }
  await writeAtomic(file, text);
}

function exists(name: string): SlipwayError {
  return new SlipwayError('FILE_EXISTS', `${name} is there already`, {
    hint: 'Nothing was written. --force writes it anew, keeps the old one beside it, and says what is different.',
  });
}
