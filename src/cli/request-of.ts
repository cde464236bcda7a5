import type { Mode } from '../release/modes.ts';
import type { Request } from '../release/request.ts';
import type { Call } from './call.ts';

/** What a call asks of the chain. */
export function requestOf(mode: Mode, { given, directory }: Call): Request {
  return {
    mode,
    config: given.text('config') ?? 'slipway.yml',
    environment: given.text('environment'),
    version: given.text('version'),
    from: given.text('from'),
    strategy: given.text('strategy'),
    deployment: given.text('deployment'),
    overrideFreeze: given.text('override-freeze'),
    records: given.text('records'),
    release: given.list('release'),
    directory,
    summary: false,
  };
}
