import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { chatBody, chatFormats } from '../../../src/release/notify/chat.ts';
import { events, type News } from '../../../src/release/notify/news.ts';
import { news } from './support.ts';

// The reader of Teams itself; its types ask for a browser.
const { AdaptiveCard, SerializationContext } = createRequire(import.meta.url)('adaptivecards');

// biome-ignore lint/suspicious/noExplicitAny: bodies of others' shapes
const body = (format: (typeof chatFormats)[number], of: News = news): any =>
  JSON.parse(JSON.stringify(chatBody(format, of)));

const huge: News = {
  ...news,
  reasons: Array.from({ length: 50 }, () => 'x'.repeat(5000)),
  places: Array.from({ length: 200 }, (_, index) => ({ ...news.places[0]!, place: `deploy@web${index}:22` })),
};

describe('what a chat is told', () => {
  test.each(chatFormats)('%s: what it is about stands in it, for every event', format => {
    for (const event of events) {
      const text = JSON.stringify(body(format, { ...news, event }));
      expect(text).toContain('hello v1.2.3 in production');
      expect(text.replaceAll('\\', '')).toMatch(/deploy@(\u2060)?web1:22/);
    }
  });

  test('slack: nothing but its own markup is markup, and nobody is mentioned', () => {
    const { text, blocks } = body('slack');
    expect(text).toBe('hello v1.2.3 in production: rolled back');
    expect(blocks[1].text.text).toContain('500 &lt;b&gt;*now*&lt;/b&gt; &amp; [here](http://evil.example)');
    expect(JSON.stringify(blocks)).not.toMatch(/<[!@#]/);
  });

  test('slack: a long story keeps its limits', () => {
    const [header, section] = body('slack', { ...huge, environment: 'e'.repeat(300) }).blocks;
    expect(header.text.text).toHaveLength(150);
    expect(section.text.text).toHaveLength(3000);
  });

  test('teams: its own reader takes the card without complaint', () => {
    const [{ contentType, content }] = body('teams').attachments;
    expect(contentType).toBe('application/vnd.microsoft.card.adaptive');
    const context = new SerializationContext();
    const card = new AdaptiveCard();
    card.parse(content, context);
    expect([context.eventCount, card.validateProperties().validationEvents]).toEqual([0, []]);
    expect(card.toJSON().body.map((one: { type: string }) => one.type)).toEqual(['TextBlock', 'FactSet']);
    expect(content.actions).toEqual([
      { type: 'Action.OpenUrl', title: 'The run', url: news.run },
      { type: 'Action.OpenUrl', title: 'Open', url: news.url },
    ]);
  });

  test.each(['teams', 'discord', 'mattermost'] as const)('%s: no Markdown, no mention', format => {
    const text = JSON.parse(`"${JSON.stringify(body(format)).replaceAll('"', "'").replaceAll("\\'", "'")}"`);
    expect(text).toContain(String.raw`\<b\>\*now\*\</b\> & \[here\]`);
    expect(text).toContain('@\u2060channel @\u2060everyone');
  });

  test('discord: mentions are off, and a long story keeps its limits', () => {
    const { allowed_mentions, embeds } = body('discord', huge);
    expect(allowed_mentions).toEqual({ parse: [] });
    expect(embeds[0].fields.length).toBeLessThanOrEqual(25);
    for (const { name, value } of embeds[0].fields) {
      expect(name.length).toBeLessThanOrEqual(256);
      expect(value.length).toBeLessThanOrEqual(1024);
    }
    const characters = embeds[0].title.length + embeds[0].fields.flatMap(Object.values).join('').length;
    expect(characters).toBeLessThanOrEqual(6000);
  });

  test('google-chat: a message is one text, and not too long', () => {
    expect(body('google-chat').text).toMatch(
      /^\*hello v1\.2\.3 in production: rolled back\*\n\*Why:\* the chain stopped/,
    );
    expect(Buffer.byteLength(body('google-chat', huge).text)).toBeLessThan(32_000);
  });
});
