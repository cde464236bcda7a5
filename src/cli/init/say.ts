import type { Call } from '../call.ts';
import type { Terminal } from '../terminal.ts';
import type { Survey } from './survey.ts';
import type { Written } from './write-config.ts';

/** What was found, a line each with its place. */
export function tellFound(found: Survey, terminal: Terminal): void {
  const { program, others, port, healthPath, grpc, image, dockerfile, compose, manifests, ciFiles } = found;
  const rows: (readonly [name: string, value: string | undefined, at?: string | undefined])[] = [
    ['program', program.package, program.at],
    ['others', others.map(one => one.package).join(', ') || undefined, '--program takes another one'],
    ['port', port && String(port.value), port?.at],
    ['health', healthPath?.value, healthPath?.at],
    ['gRPC health', grpc && 'registered', grpc?.at],
    ['image', image?.value, image?.at],
    ['Dockerfile', dockerfile?.base.value, dockerfile?.base.at],
    ['compose', compose?.file],
    ['Kubernetes', manifests?.workload.value, manifests?.workload.at],
    ['CI', ciFiles.join(', ') || undefined],
  ];
  for (const [name, value, at] of rows)
    if (value !== undefined) terminal.say(`  ${name.padEnd(11)} ${value}${at ? terminal.style(`  ${at}`, 'dim') : ''}`);
}

/** What the user has to do before the first release. */
export function tellNext(file: string, { todos, notes, variables }: Written, found: Survey, { terminal }: Call): void {
  terminal.say(terminal.style(`✓ ${file}`, 'green'));
  for (const note of notes) terminal.say(terminal.style(`note: ${note}`, 'yellow'));
  if (todos.length > 0) terminal.say(`\nTo edit, ${todos.length === 1 ? 'one line' : `${todos.length} lines`}:`);
  for (const { line, key, what } of todos) terminal.say(`  ${file}:${line}  ${terminal.style(key, 'bold')}: ${what}`);
  if (variables.length > 0) terminal.say('\nTo set in the environment (secrets of the CI):');
  for (const name of variables) terminal.say(`  ${terminal.style(name, 'bold')}: ${meaning[name] ?? 'see the file'}`);
  terminal.say(`\nThen: slipway plan, and slipway release.${ciHint(found)}`);
}

const meaning: Readonly<Record<string, string>> = {
  SSH_PRIVATE_KEY: 'SSH key that opens the hosts: export SSH_PRIVATE_KEY="$(cat ~/.ssh/id_ed25519)"',
  KUBECONFIG_TEXT: 'text of a kubeconfig: export KUBECONFIG_TEXT="$(cat ~/.kube/config)"',
  APP_SECRETS: 'the program’s own secrets, NAME=value, one a line',
};

function ciHint({ ciFiles, remote }: Survey): string {
  if (remote?.host === 'github.com') return ' From GitHub Actions: slipway init --workflow.';
  return ciFiles.length === 0 ? '' : ` In ${ciFiles[0]}, the same two commands are a job's script.`;
}
