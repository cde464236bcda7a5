import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../../../core/errors.ts';
import { helperMark, noTurn } from '../../roles.ts';
import { type Leases, openLeases } from './leases.ts';
import { withRecent } from './recent.ts';
import { type Output, openStore, type Store } from './store.ts';
import { trim } from './trim.ts';
import { type Turn, takeTurn } from './turns.ts';

interface Request {
  readonly ID: number;
  readonly Command: 'get' | 'put' | 'close';
  /** Base64. */
  readonly ActionID?: string;
  readonly OutputID?: string;
  readonly BodySize?: number;
}

/** This process as the helper of one go command, to its end. */
export async function runGoCache(root: string): Promise<void> {
  await serveGoCache(root, process.stdin, process.stdout);
  await new Promise(resolve => process.stdout.write('', resolve));
  process.exit(0); // the go command waits for the end; a request that is waiting for an entry would hold it up
}

/**
 * Serves the go command's cache protocol (GOCACHEPROG, cmd/go/internal/cacheprog) from a shared folder. A folder that
 * fails never fails a build: what cannot be stored is kept for this one go command.
 */
export async function serveGoCache(root: string, input: Readable, output: Writable): Promise<void> {
  process.umask(0o002);
  const answer = (fields: object) => output.write(`${JSON.stringify(fields)}\n`);
  answer({ ID: 0, KnownCommands: ['get', 'put', 'close'] });
  const [shared, leases] = await Promise.all([
    withRecent(openStore(root)),
    openLeases(root).catch(error => complain(root, error)),
  ]);
  const spare = spareStore();
  let turn: Promise<Turn | undefined> | undefined;
  const stop = () => {
    leases?.close();
    spare.remove();
  };
  process.once('SIGTERM', () => {
    stop();
    process.exit(143);
  });
  try {
    for await (const { request, body } of requests(input)) {
      if (request.Command === 'close') {
        await (await turn)?.end();
        await shared.save().catch(error => complain(root, error));
        await trim(root).catch(error => complain(root, error));
        answer({ ID: request.ID });
        break;
      }
      // The first request waits for this build's turn, and so does the go command; its start it has behind it.
      if (!process.env[noTurn]) turn ??= leases && takeTurn(root, leases).catch(error => complain(root, error));
      await turn;
      // Not awaited: while one waits for an entry the others go on.
      handle(request, body, shared, leases, spare.store)
        .then(fields => answer({ ID: request.ID, ...fields }))
        .catch(error => answer({ ID: request.ID, Err: messageOf(error) }));
    }
  } finally {
    stop();
  }
}

async function handle(
  request: Request,
  body: Buffer,
  shared: Store,
  leases: Leases | undefined,
  spare: () => Store,
): Promise<object> {
  const action = hex(request.ActionID);
  if (request.Command === 'put') {
    const id = hex(request.OutputID);
    try {
      const { path } = await shared.put(action, id, body);
      return { DiskPath: path };
    } catch (error) {
      complain(shared.root, error);
      return { DiskPath: (await spare().put(action, id, body)).path };
    } finally {
      await leases?.free(action).catch(() => undefined);
    }
  }
  const get = () => shared.get(action);
  const found = (await get()) ?? (await leases?.fillOrWait(action, get).catch(() => undefined));
  return found === undefined ? { Miss: true } : hit(found);
}

const hit = ({ id, size, time, path }: Output) => ({
  OutputID: Buffer.from(id, 'hex').toString('base64'),
  Size: size,
  Time: new Date(time).toISOString(),
  DiskPath: path,
});

const hex = (base64 = '') => Buffer.from(base64, 'base64').toString('hex');

let complained = false;
function complain(root: string, error: unknown): undefined {
  if (!complained)
    process.stderr.write(`${helperMark}the shared cache ${root} is not fully used: ${messageOf(error)}\n`);
  complained = true;
}

/** A folder of this process, made when it is needed. */
function spareStore() {
  let folder: string | undefined;
  return {
    store: () => {
      folder ??= mkdtempSync(join(tmpdir(), 'slipway-spare-'));
      return openStore(folder);
    },
    remove: () => folder && rmSync(folder, { recursive: true, force: true }),
  };
}

/** One JSON object a line; that of a `put` with a body is followed by a line with the body, base64 in quotes. */
async function* requests(input: Readable): AsyncGenerator<{ request: Request; body: Buffer }> {
  let waiting: Request | undefined;
  for await (const line of linesOf(input)) {
    if (line === '') continue;
    if (waiting === undefined) {
      const request = JSON.parse(line) as Request;
      if (request.Command === 'put' && (request.BodySize ?? 0) > 0) waiting = request;
      else yield { request, body: Buffer.alloc(0) };
    } else {
      const body = Buffer.from(line.slice(1, -1), 'base64');
      if (body.length !== waiting.BodySize) throw new Error(`a body has ${body.length} bytes, not ${waiting.BodySize}`);
      yield { request: waiting, body };
      waiting = undefined;
    }
  }
}

async function* linesOf(input: Readable): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, at)]).toString('latin1');
      parts = [];
      from = at + 1;
    }
    parts.push(chunk.subarray(from));
  }
}
