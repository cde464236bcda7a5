import * as v from 'valibot';
import { messageOf } from '../../core/errors.ts';
import { parseSelector } from '../../core/prometheus-selector.ts';
import { parseDuration, parseSize } from '../../core/units.ts';

/** A text that `read` takes; its error is the field's. */
function readable<T>(read: (text: string) => T) {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      try {
        return read(value);
      } catch (error) {
        addIssue({ message: messageOf(error) });
        return NEVER;
      }
    }),
  );
}

const checked = (pattern: RegExp, what: string) => v.pipe(v.string(), v.regex(pattern, `is no ${what}`));

/** Milliseconds; Prometheus knows no fraction of one. */
export const duration = v.pipe(
  readable(parseDuration),
  v.check(ms => ms >= 1 && Number.isInteger(ms), 'is less than a millisecond, or a fraction of one'),
);

/** `80%` as 0.8. */
export const share = v.pipe(
  checked(/^\d{1,3}(\.\d+)?%$/, 'share such as 80%'),
  v.transform(text => Number(text.slice(0, -1)) / 100),
  v.check(value => value > 0 && value < 1, 'is not between 0% and 100%'),
);

/** Bytes. */
export const size = readable(parseSize);

/** Series of Prometheus, as the instant vector selector that it is. */
export const series = readable(parseSelector);

/** Matchers without a metric: `namespace="shop",pod=~"hello-.*"`. */
export const matchers = readable(text => parseSelector(`{${text}}`).matchers);

export const count = v.pipe(v.number(), v.minValue(0));
export const word = checked(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'name of letters, digits and . _ -');
/** Where something listens, without a scheme: `web1.example.com:8080`, `[2001:db8::1]:9100`. */
export const address = checked(/^([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/, 'HOST:PORT');
export const addresses = v.pipe(v.array(address), v.minLength(1, 'has no entry'));
export const webAddress = v.pipe(
  v.string(),
  v.check(text => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'is no address such as https://…'),
  v.check(text => URL.parse(text)?.password === '', 'has a password in it, which would stand in the files'),
);
/** Of a file where the program runs that reads it, not here. */
export const path = checked(/^(\/[A-Za-z0-9_.@+*-]+)+$/, 'absolute path of letters, digits and . _ @ + - *');
export const mailAddress = checked(
  /^[^\s@,;:<>"()[\]\\]+@[^\s@,;:<>"()[\]\\]+$/,
  'mail address such as ops@example.com',
);
