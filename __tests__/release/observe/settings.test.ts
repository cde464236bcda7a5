import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseConfig } from '../../../src/core/config-file.ts';
import { selectorText } from '../../../src/core/prometheus-selector.ts';
import { readSettings } from '../../../src/release/observe/settings.ts';

const read = (more: object = {}) => readSettings({ service: 'hello', ...more }, key => `slipway.yml#${key}`);

describe('observe', () => {
  test('defaults: the thresholds of the issue, the names of the usual Go client', () => {
    const { thresholds, objectives, metrics, select, burn, timing } = read();
    expect(thresholds).toMatchObject({
      errorRate: 0.05,
      cpu: 0.8,
      memory: 0.9,
      disk: 0.85,
      certificate: 14 * 86_400_000,
    });
    expect(objectives).toEqual({ availability: 0.999, latency: 500 });
    expect(selectorText(metrics.errors, select)).toBe('http_requests_total{code=~"5..",job="hello"}');
    expect(burn.map(({ factor }) => factor)).toEqual([14.4, 6, 1]);
    expect(timing).toEqual({ scrape: 15_000, evaluate: 15_000, window: 300_000, for: 120_000 });
  });

  test('OpenTelemetry’s names; names of one’s own beside the usual ones', () => {
    const { metrics } = read({ metrics: 'opentelemetry' });
    expect(selectorText(metrics.errors)).toBe(
      'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',
    );
    const own = read({ metrics: { requests: 'rpc_total' }, select: 'pod=~"a-.*"' });
    expect(selectorText(own.metrics.requests, own.select)).toBe('rpc_total{pod=~"a-.*"}');
    expect(own.metrics.durations.metric).toBe('http_request_duration_seconds');
  });

  test('numbers as slipway.yml has them', () => {
    const { observe } = parseConfig('observe: { service: hello, limits: { cpu: 1.50 } }', 'slipway.yml');
    expect(readSettings(observe, () => '').limits.cpu).toBe(1.5);
  });

  test('an environment’s own keys lie over the file’s, and errors name their line', () => {
    const text = 'observe:\n  service: hello\n  job: a\nenvironments:\n  staging:\n    observe:\n      job: b c\n';
    const file = parseConfig(text, 'slipway.yml', 'staging');
    expect(file.observe).toEqual({ service: 'hello', job: 'b c' });
    expect(() => readSettings(file.observe, key => file.at(['observe', key]))).toThrow(
      /^slipway\.yml:7: job "b c" is no name/,
    );
  });

  const business = (more: object) => ({ business: [{ name: 'a', counter: 'a_total', ...more }] });
  const slack = { slack: { file: '/etc/slack' } };
  test.each([
    [{ service: 'a b' }, 'service "a b" is no name'],
    [{ thresholds: { cpu: '80' } }, 'thresholds.cpu "80" is no share such as 80%'],
    [{ thresholds: { cpu: 80 } }, 'thresholds.cpu'],
    [{ thresholds: { memory: '100%' } }, 'is not between 0% and 100%'],
    [{ threshold: {} }, 'slipway.yml#threshold: threshold is not known (did you mean "thresholds"?)'],
    [{ thresholds: { cpus: '80%' } }, 'thresholds.cpus is not known'],
    [{ objectives: { latency: '500' } }, 'objectives.latency "500" is not a duration'],
    [{ objectives: { latency: '0.5ms' } }, 'less than a millisecond'],
    [{ targets: ['http://web1:8080'] }, 'targets.0 "http://web1:8080" is no HOST:PORT'],
    [{ targets: [] }, 'targets has no entry'],
    [{ metrics: { errors: 'rate(x[5m])' } }, 'metrics'],
    [{ select: 'job=hello' }, 'select "job=hello" is no selector'],
    [{ select: 'job="a"', job: 'a' }, 'select and job exclude each other'],
    [business({}), 'needs one of above and below'],
    [business({ above: 1, below: 2 }), 'needs one of above and below'],
    [business({ above: 5, of: 'b_total' }), 'compared with a share'],
    [
      { business: [...business({ above: 1 }).business, ...business({ above: 1 }).business] },
      'business: a is there twice',
    ],
    [{ timing: { window: '20s' } }, 'a window has to hold two scrapes'],
    [{ burn: [{ long: '5m', short: '5m', factor: 1, severity: 'warning' }] }, 'short is not shorter than long'],
    [{ routes: [{ ...slack, severity: 'critical' }] }, 'warning alerts of level service reach nobody'],
    [{ routes: [{ slack: 'https://hooks.example.com/x' }] }, 'routes'],
    [{ routes: [{ webhook: 'https://me:pw@example.com/' }] }, 'routes'],
    [{ exporters: { certificates: ['/a.pem'] } }, 'name its addresses under node'],
    [{ exporters: { node: ['a:1'], certificates: ["/a';reboot"] } }, 'exporters.certificates.0'],
    [{ exporters: { node: ['a:1'], textfile: '/a$(reboot)' } }, 'exporters.textfile'],
    [{ logs: {} }, 'a unit of systemd or paths'],
    [{ logs: { unit: 'hello', logstash: ['a:1'], elasticsearch: ['https://a'] } }, 'one output'],
  ])('%j is refused', (more, said) => {
    expect(() => read(more)).toThrow(
      expect.objectContaining({ code: 'OBSERVE_INVALID', message: expect.stringContaining(said) }),
    );
  });

  test.each(['observe: hello', 'observe: [1]', 'observe:'])('%s is no section', text => {
    expect(() => parseConfig(text, 'slipway.yml')).toThrow('"observe" is');
  });

  test('all that is wrong is said at once', () => {
    const data = parse('{ service: hello, targets: [x], thresholds: { cpu: much }, no: 1 }');
    expect(() => readSettings(data, () => 'slipway.yml')).toThrow(/targets\.0.*thresholds\.cpu.*no is not known/s);
  });
});
