import type { Business } from './form.ts';
import { type Alert, back, decimal, increase, own, percent, promDuration, type Rules } from './rule.ts';
import type { Settings } from './settings.ts';

/** What the user counts: orders, payments, messages. */
export function businessRules(settings: Settings): Rules {
  return { level: 'business', records: [], alerts: settings.business.map(one => alertOf(one, settings)) };
}

/** A counter that is not there has counted nothing: below its bound that is an alert too, also of a name that was mistyped. */
function alertOf({ name, counter, of, above, below, over, severity, means }: Business, settings: Settings): Alert {
  const window = over ?? settings.timing.window;
  const many = increase(own(counter, settings), window);
  const expr = of === undefined ? many : `${many} / ${increase(own(of, settings), window)}`;
  const [sign, bound] = above === undefined ? ['<', below!] : ['>', above];
  const shown = of === undefined ? String(bound) : percent(bound);
  return {
    alert: camel(name),
    expr: `${expr} ${sign} ${decimal(bound)}`,
    severity: severity ?? 'warning',
    for: 0,
    looks: back(window),
    summary: `${settings.service}: ${name} is {{ $value | ${of === undefined ? 'humanize' : 'humanizePercentage'} }} in ${promDuration(window)}`,
    description: `${means ?? `${counter.metric}${of === undefined ? '' : ` of ${of.metric}`}`}; alarm ${sign === '<' ? 'below' : 'above'} ${shown}.`,
    runbook:
      'Does the service answer, and is there traffic? Then follow one order, payment or message through the logs. Did a release change its path?',
    from: 'a counter of the service, named in slipway.yml',
  };
}

/** `orders-stopped` → `OrdersStopped`. */
const camel = (name: string) =>
  name
    .split(/[-_.]+/)
    .filter(part => part !== '')
    .map(part => part[0]!.toUpperCase() + part.slice(1))
    .join('');
