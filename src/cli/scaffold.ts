import { resolve } from 'node:path';
import { isMap } from '../core/config-deployments.ts';
import { readConfigFile } from '../core/config-file.ts';
import { readIfThere } from '../core/files.ts';
import { anyChange, tellWritten } from '../core/generated/update.ts';
import { formatReference, parseReference } from '../core/registry/reference.ts';
import { tellNext } from '../deploy-k8s-canary/scaffold/say.ts';
import { scaffoldManifests } from '../deploy-k8s-canary/scaffold/scaffold.ts';
import { keys, readSettings } from '../deploy-k8s-canary/scaffold/settings.ts';
import type { Call } from './call.ts';
import { misuse } from './options.ts';

/** `slipway scaffold`: what slipway.yml has under `scaffold`, with the options over it. @returns the exit code */
export async function scaffold(call: Call): Promise<number> {
  const { given, directory, terminal } = call;
  const kept = await keptSettings(call);
  const options = keys
    .filter(key => key !== 'directory' && given.has(key))
    .map(key => [key, given.list(key).join(',')]);
  const output = given.text('output');
  const settings = readSettings({
    ...kept,
    ...Object.fromEntries(options),
    ...(output !== undefined && { directory: output }),
  });
  const image = given.text('image');
  const reference = image && formatReference(parseReference(image));
  const written = await scaffoldManifests(settings, reference, directory);
  for (const line of tellWritten(written)) terminal.say(line);
  if (anyChange(written)) for (const line of tellNext(settings)) terminal.say(line);
  call.document({ command: 'scaffold', code: 0, changed: anyChange(written), files: written });
  return 0;
}

/** Of the deployment in slipway.yml that has the key `scaffold`; nothing where there is no such file. */
async function keptSettings({ given, directory }: Call): Promise<Record<string, unknown>> {
  const file = resolve(directory, given.text('config') ?? 'slipway.yml');
  if (!given.has('config') && (await readIfThere(file)) === undefined) return {};
  const { deploy = [] } = await readConfigFile(file, given.text('environment'));
  const wanted = given.text('deployment');
  const fitting = deploy.filter(one => isMap(one['scaffold']) && (wanted === undefined || one.name === wanted));
  if (fitting.length > 1 || (wanted !== undefined && fitting.length === 0))
    throw misuse(
      `${fitting.length} deployments of ${file} with the key "scaffold" fit`,
      'Name one that has it: --deployment NAME.',
    );
  return (fitting[0]?.['scaffold'] ?? {}) as Record<string, unknown>;
}
