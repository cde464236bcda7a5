import type { Finding } from './finding.ts';

/** JUnit XML as its readers understand it: a failed finding is a failure, an inconclusive one an error. Pure. */
export function junit(findings: readonly Finding[], release: string, at: Date): string {
  const count = (verdict: Finding['verdict']) => findings.filter(finding => finding.verdict === verdict).length;
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const total =
    Math.max(0, ...findings.map(one => one.ended)) -
    Math.min(...findings.map(one => one.started), Number.MAX_SAFE_INTEGER);
  const counts = `tests="${findings.length}" failures="${count('failed')}" errors="${count('inconclusive')}" skipped="0"`;
  const time = `time="${seconds(Math.max(0, total))}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="verify-health" ${counts} ${time}>`,
    `  <testsuite name="${xmlText(release)}" ${counts} ${time} timestamp="${at.toISOString()}">`,
    ...findings.map(finding => {
      const open = `    <testcase classname="${finding.kind}" name="${xmlText(finding.name)}" time="${seconds(finding.ended - finding.started)}"`;
      if (finding.verdict === 'passed') return `${open}/>`;
      const tag = finding.verdict === 'failed' ? 'failure' : 'error';
      const body = `<${tag} type="${xmlText(finding.reason ?? '')}" message="${xmlText(finding.detail)}">${xmlText(more(finding))}</${tag}>`;
      return `${open}>\n      ${body}\n    </testcase>`;
    }),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function more({ failure, evidence }: Finding): string {
  const seen =
    failure === undefined ? evidence : { phases: failure.phases, addresses: failure.addresses, body: failure.bodyHead };
  return seen === undefined ? '' : JSON.stringify(seen, undefined, 1);
}

/** Characters that XML 1.0 cannot hold even as references are left out. */
function xmlText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
