import { SlipwayError } from '../../errors.ts';

const hint =
  'Write `[METHOD] URL [STATUS] [contains "TEXT"] [within DURATION]` or `tcp HOST:PORT [within DURATION]`, e.g. https://host/healthz 200 within 300ms.';

/** An http or https URL; what it holds of user and password never reaches an error. */
export function parseUrl(text: string): URL {
  const shown = text.replace(/\/\/[^/@\s]*@/, '//***@');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new SlipwayError('URL_INVALID', `"${shown}" is not an http:// or https:// URL`, { hint });
  }
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new SlipwayError('URL_INVALID', `user or password in "${shown}" has a % that begins no code`, {
      hint: 'Write a % in them as %25.',
    });
  }
  url.hash = '';
  return url;
}

/** `http://unix:/run/app.sock:/healthz`, as nginx and wait-on write it: the socket, and the URL that is asked for over it. */
export function splitSocket(text: string): { url: string; socket?: string } {
  const match = /^(https?):\/\/unix:(\/[^:]+)(?::(\/.*))?$/.exec(text);
  if (match === null) return { url: text };
  return { url: `${match[1]}://localhost${match[3] ?? '/'}`, socket: match[2]! };
}
