import type { CheckResult, Observation } from '../core/health/index.ts';
import type { Finding } from './finding.ts';
import { oneLine } from './redact.ts';

/** What a check came to, its texts made safe. */
export function checkFinding(result: CheckResult, redact: (text: string) => string): Finding {
  const { check, verdict, reason, detail, attempts, failures, started, ended, latency, firstSuccess, last } = result;
  const failure = result.lastFailure;
  const reported = check.kind === 'http' && check.foreign !== undefined;
  const address = last?.addresses.find(one => one.error === undefined);
  return {
    kind: reported ? 'reported' : 'check',
    name: redact(check.name),
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(result.warned ? { warned: true as const } : {}),
    detail: oneLine(redact(detail)),
    started,
    ended,
    attempts,
    failures,
    latency,
    ...(result.series.length === 0 ? {} : { series: result.series }),
    ...(firstSuccess === undefined ? {} : { firstSuccess }),
    ...(failure === undefined ? {} : { failure: safe(failure, redact) }),
    ...(last === undefined
      ? {}
      : {
          evidence: {
            ...(last.status === undefined ? {} : { status: last.status }),
            ...(address === undefined ? {} : { address: address.address, family: address.family }),
            ...(last.addresses.length < 2 ? {} : { addresses: last.addresses }),
            ...(last.certificate === undefined ? {} : { certificate: last.certificate }),
            ...(last.chain === undefined ? {} : { chain: last.chain }),
            ...(last.anchor === undefined ? {} : { anchor: last.anchor }),
          },
        }),
  };
}

function safe(observation: Observation, redact: (text: string) => string): Observation {
  const line = (text: string) => oneLine(redact(text));
  const shown = observation.certificate;
  return {
    ...observation,
    detail: line(observation.detail),
    redirects: observation.redirects.map(line),
    addresses: observation.addresses.map(one => (one.error === undefined ? one : { ...one, error: line(one.error) })),
    // whatever a server puts into its certificate
    ...(shown === undefined
      ? {}
      : {
          certificate: {
            ...shown,
            subject: line(shown.subject),
            issuer: line(shown.issuer),
            names: shown.names.map(line),
          },
        }),
    ...(observation.bodyHead === undefined ? {} : { bodyHead: redact(observation.bodyHead) }),
  };
}
