import { retry } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { linesOf, titleOf } from './lines.ts';
import type { Mailbox } from './mailbox.ts';
import type { News } from './news.ts';

/** Milliseconds for a connection, and for each answer. */
const patience = 10_000;

/** Hands a mail in, again while its failure may pass. */
export async function mail(
  mailbox: Mailbox,
  news: News,
  id: string,
  { within, signal }: { within: number; signal: AbortSignal },
): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const { to, from, host, port, tls, login } = mailbox;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'smtps',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    socketCloseTimeout: 1000,
    // a mail is text of ours: nothing is fetched, and no file is read, for what stands in it
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(login === undefined ? {} : { auth: login }),
  });
  const message = {
    from,
    to: [...to],
    subject: titleOf(news),
    text: `${linesOf(news)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\n`,
    messageId: `<${id}@slipway>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
  try {
    // a server that never stops talking is not silent: nodemailer's own limits let it
    const { rejected } = await retry(limited => transport.sendMail({ ...message, signal: limited }), {
      doing: `mail by ${host}`,
      within,
      signal,
      attempts: 4,
      pause: 500,
      retriable: mayPass,
    });
    // the others have got it
    if (rejected.length > 0) throw new SlipwayError('NOTIFY_REFUSED', `${host} does not take ${rejected.join(', ')}`);
  } finally {
    transport.close();
  }
}

/** Not reached, or refused for now (4xx). What a server refuses for good (5xx), a wrong password or certificate, is final. */
function mayPass(error: unknown): boolean {
  const { responseCode, code, message } = error as { responseCode?: number; code?: string; message: string };
  if (responseCode !== undefined) return responseCode < 500;
  if (/certificate/i.test(message)) return false; // of nodemailer's codes it is ESOCKET, as a connection that breaks
  return code === 'ECONNECTION' || code === 'ETIMEDOUT' || code === 'ESOCKET' || code === 'EDNS';
}
