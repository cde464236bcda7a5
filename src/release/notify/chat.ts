import { type Line, linesOf, titleOf } from './lines.ts';
import type { Event, News } from './news.ts';

/** Chats that take a message at an address: their names are the keys of slipway.yml. */
export const chatFormats = ['slack', 'teams', 'discord', 'mattermost', 'google-chat'] as const;
export type ChatFormat = (typeof chatFormats)[number];

const colors: Record<Event, string> = {
  verified: '2DA44E',
  'rolled-back': 'BF8700',
  failed: 'CF222E',
  inconclusive: '6E7781',
};

/** The message as the chat takes it; nothing in it mentions anybody, whatever a service or an error is called. */
export function chatBody(format: ChatFormat, news: News): object {
  return bodies[format](news);
}

const bodies: Record<ChatFormat, (news: News) => object> = {
  /** Source: Slack, "Incoming webhooks", "Block Kit"; `&`, `<` and `>` are its only control characters. */
  slack: news => ({
    text: slackText(titleOf(news)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(titleOf(news), 150) } },
      { type: 'section', text: { type: 'mrkdwn', text: cut(linesOf(news).map(slackLine).join('\n'), 3000) } },
    ],
  }),
  /** Source: Teams, "Workflows" with an Adaptive Card 1.4. */
  teams: news => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', size: 'Large', weight: 'Bolder', wrap: true, text: plain(titleOf(news)) },
            { type: 'FactSet', facts: linesOf(news).map(([title, value]) => ({ title, value: plain(value) })) },
          ],
          actions: links(news).map(([title, url]) => ({ type: 'Action.OpenUrl', title, url })),
        },
      },
    ],
  }),
  /** Source: Discord, "Execute Webhook", "Embed limits". */
  discord: news => ({
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: cut(titleOf(news), 256),
        color: Number.parseInt(colors[news.event], 16),
        fields: linesOf(news)
          .slice(0, 15) // 6000 characters are all that an embed may have
          .map(([name, value]) => ({ name: cut(name, 80), value: cut(plain(value), 300) })),
        ...(news.run === undefined ? {} : { url: news.run }),
      },
    ],
  }),
  /** Source: Mattermost, "Incoming webhooks", "Message attachments". */
  mattermost: news => ({
    attachments: [
      {
        fallback: titleOf(news),
        color: `#${colors[news.event]}`,
        title: plain(titleOf(news)),
        ...(news.run === undefined ? {} : { title_link: news.run }),
        fields: linesOf(news).map(([title, value]) => ({ short: false, title, value: plain(value) })),
      },
    ],
  }),
  /** Source: Google Chat, "Build an app that sends messages as a webhook"; the text of a message is 32,000 bytes at most. */
  'google-chat': news => ({
    text: cut([`*${slackText(titleOf(news))}*`, ...linesOf(news).map(slackLine)].join('\n'), 8000),
  }),
};

const slackText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const slackLine = ([name, value]: Line) => `*${name}:* ${slackText(value)}`;

/** What would be markup or a mention in Markdown is not: a word joiner stands after each @, a backslash before the rest. */
const plain = (text: string) => text.replace(/[\\`*_~[\]<>|#]/g, String.raw`\$&`).replaceAll('@', '@\u2060');

const links = ({ run, url }: News) =>
  [['The run', run] as const, ['Open', url] as const].flatMap(([title, at]) => (at === undefined ? [] : [[title, at]]));

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
