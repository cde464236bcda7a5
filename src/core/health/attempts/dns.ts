import type { SoaRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { DnsCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
import { raced } from '../raced.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';

/** Asks a name server, past the hosts file and any cache of this machine. */
export async function dns(check: DnsCheck, { signal }: AttemptOptions, trace: Trace): Promise<string> {
  const resolver = new Resolver({ tries: 1, timeout: 60_000 }); // its end is the signal
  if (check.server !== undefined) useServer(resolver, check.server);
  trace.enter('dns');
  let found: string[];
  try {
    found = (await raced(ask(resolver, check), signal)).map(plain);
  } catch (error) {
    if (signal.aborted || error instanceof ProbeFailure) throw error;
    found = answerless(error, check);
  } finally {
    resolver.cancel();
  }
  trace.leave('dns');
  const shown = found.length === 0 ? 'does not exist' : `is ${found.join(', ')}`;
  const what = `${check.domain} ${check.type}`;
  if (check.absent && found.length > 0) throw new ProbeFailure('answer', `${what} ${shown}; wanted: no answer`);
  const wanted = check.answers.map(plain);
  const lacking = wanted.filter(one => !found.includes(one));
  if (lacking.length > 0) throw new ProbeFailure('answer', `${what} ${shown}; missing: ${lacking.join(', ')}`);
  const strange = check.exact ? found.filter(one => !wanted.includes(one)) : [];
  if (strange.length > 0) throw new ProbeFailure('answer', `${what} ${shown}; not wanted: ${strange.join(', ')}`);
  return `${what} ${shown}`;
}

function useServer(resolver: Resolver, server: string): void {
  try {
    resolver.setServers([isIP(server) === 6 ? `[${server}]` : server]);
  } catch (error) {
    throw new ProbeFailure('dns', `"${server}" is no address of a name server`, { retriable: false, cause: error });
  }
}

/** No such name, or no record of the type, is an answer too. */
function answerless(error: unknown, check: DnsCheck): string[] {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    if (check.absent) return [];
    const what = code === 'ENODATA' ? `no record of type ${check.type}` : 'no such name';
    throw new ProbeFailure('dns', `the name server knows ${what}: ${check.domain}`, { cause: error });
  }
  const by = check.server === undefined ? 'the name server' : `the name server ${check.server}`;
  const said: Record<string, string> = {
    ECONNREFUSED: 'refuses',
    ETIMEOUT: 'does not answer',
    ESERVFAIL: 'answers SERVFAIL',
    EREFUSED: 'answers REFUSED',
  };
  throw new ProbeFailure(code === 'ECONNREFUSED' ? 'refused' : 'dns', `${by} ${said[code] ?? `fails: ${code}`}`, {
    cause: error,
  });
}

async function ask(resolver: Resolver, { domain, type }: DnsCheck): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(domain);
    case 'AAAA':
      return resolver.resolve6(domain);
    case 'CNAME':
      return resolver.resolveCname(domain);
    case 'NS':
      return resolver.resolveNs(domain);
    case 'PTR':
      return isIP(domain) === 0 ? resolver.resolvePtr(domain) : resolver.reverse(domain);
    case 'TXT':
      return (await resolver.resolveTxt(domain)).map(parts => parts.join(''));
    case 'MX':
      return (await resolver.resolveMx(domain)).map(({ priority, exchange }) => `${priority} ${exchange}`);
    case 'SRV':
      return (await resolver.resolveSrv(domain)).map(one => `${one.priority} ${one.weight} ${one.port} ${one.name}`);
    case 'CAA':
      return (await resolver.resolveCaa(domain)).map(caaText);
    case 'SOA':
      return [soaText(await resolver.resolveSoa(domain))];
  }
}

function caaText({ critical, ...tags }: { critical: number }): string {
  const [tag, value] = Object.entries(tags)[0] ?? ['', ''];
  return `${critical} ${tag} ${value}`;
}

function soaText({ nsname, hostmaster, serial }: SoaRecord): string {
  return `${nsname} ${hostmaster} ${serial}`;
}

/** Names end with a dot or not, and their case does not matter. */
function plain(answer: string): string {
  return answer.replace(/\.$/, '').toLowerCase();
}
