import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, parseAllDocuments } from 'yaml';
import { asRendered } from '../../../src/deploy-k8s-canary/gitops/as-rendered.ts';
import { sourceOf } from '../../../src/deploy-k8s-canary/gitops/documents.ts';
import { findImage } from '../../../src/deploy-k8s-canary/gitops/image-text.ts';
import { listText } from '../../../src/deploy-k8s-canary/gitops/list-text.ts';
import {
  findWeights,
  namesIn,
  textOf,
  weighted,
  withText,
} from '../../../src/deploy-k8s-canary/gitops/weights-text.ts';
import { httpRoute } from '../../../src/deploy-k8s-canary/routers/gateway.ts';
import { virtualService } from '../../../src/deploy-k8s-canary/routers/istio.ts';
import { traefikService } from '../../../src/deploy-k8s-canary/routers/traefik.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const image = `ghcr.io/acme/hello@${digest}`;
const target = { workload: 'hello', container: 'app', image };

/** The only characters that differ: what stood there, and what stands there now. */
function changed(before: string, after: string): [string, string] {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return [before.slice(start, before.length - end), after.slice(start, after.length - end)];
}

const deployment = (written: string) => `# the shop’s   front
apiVersion: v1
kind: Service
metadata: {name: hello}
---
apiVersion: apps/v1
kind: Deployment
metadata:
    name: hello     # odd indentation stays
spec:
    template:
        spec:
            containers:
            - name: sidecar
              image: ghcr.io/acme/proxy:1
            - image: ${written} # set by a release
              name: app
              args: ["--x=1",   '--y=2']


# the end, without a line end`;

describe('the image in a manifest', () => {
  test.each([
    ['plain', 'ghcr.io/acme/hello:v1', image],
    ['in double quotes', '"ghcr.io/acme/hello:v1"', `"${image}"`],
    ['in single quotes', "'ghcr.io/acme/hello:v1'", `'${image}'`],
    ['with an anchor', '&it ghcr.io/acme/hello:v1', `&it ${image}`],
  ])('%s: only its characters change, and it comes back', (_, before, after) => {
    for (const text of [deployment(before), deployment(before).replaceAll('\n', '\r\n')]) {
      const place = findImage([sourceOf('a.yaml', text)], target);
      expect(place.image).toBe('ghcr.io/acme/hello:v1');
      const made = place.with(image);
      expect(made).toBe(text.replace(before, after));
      expect(findImage([sourceOf('a.yaml', made)], target).with('ghcr.io/acme/hello:v1')).toBe(text);
    }
  });

  test('everything around it stays, whatever it is', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
    const comment = fc.stringMatching(/^( *#[ -~]{0,20})?$/);
    fc.assert(
      fc.property(word, comment, comment, fc.nat(3), fc.boolean(), (tag, one, two, blank, crlf) => {
        const lines = deployment(`ghcr.io/acme/hello:x${tag}`).replace(
          ' # set by a release',
          () => (one === '' ? '' : ` ${one.trim()}`), // as it is: a text's $' would mean what follows
        );
        const text = `${two.trim()}\n${'\n'.repeat(blank)}${lines}`.replaceAll('\n', crlf ? '\r\n' : '\n');
        const made = findImage([sourceOf('a.yaml', text)], target).with(image);
        expect(made.replace(image, `ghcr.io/acme/hello:x${tag}`)).toBe(text);
      }),
    );
  });

  const kustomization = (entry: string) => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base]
images:
  - name: other
    newTag: "1"
  - name: hello # as in base
${entry}
    newName: ghcr.io/acme/hello
`;

  test.each([
    ['    newTag: v1.2.0 # now', `    digest: ${digest} # now`, ':v1.2.0'],
    ['    newTag: "1.10"', `    digest: "${digest}"`, ':1.10'],
    [`    digest: sha256:${'0'.repeat(64)}`, `    digest: ${digest}`, `@sha256:${'0'.repeat(64)}`],
  ])('an entry of a kustomization: %s', (before, after, now) => {
    const text = kustomization(before);
    const sources = [sourceOf('k.yaml', text), sourceOf('base.yaml', deployment('hello:v0'))];
    const place = findImage(sources, target);
    expect(place.image).toBe(`ghcr.io/acme/hello${now}`);
    expect(place.with(image)).toBe(text.replace(before, after));
    // a namePrefix in front of the Deployment's name is nothing to an entry
    expect(findImage(sources, { ...target, workload: 'prod-hello' }).with(image)).toBe(place.with(image));
    expect(findImage([sourceOf('k.yaml', place.with(image))], target).with(place.image)).toBe(text);
  });

  test('an entry that only has a name gets its digest; a tag that looks like a number is quoted', () => {
    const text = kustomization('    # no tag');
    const made = findImage([sourceOf('k.yaml', text)], target).with(image);
    expect(parse(made).images[1]).toEqual({ name: 'hello', newName: 'ghcr.io/acme/hello', digest });
    expect(changed(text, made)[0]).toBe('');
    const back = findImage([sourceOf('k.yaml', made)], target).with('ghcr.io/acme/hello:1.10');
    expect(parse(back).images[1].newTag).toBe('1.10');
  });

  test('a value that was named', () => {
    const text = 'replicas: 2\napp:\n  image:  ghcr.io/acme/hello:v1 # whole\n';
    const made = findImage([sourceOf('values.yaml', text, ['app', 'image'])], target).with(image);
    expect(made).toBe(text.replace('ghcr.io/acme/hello:v1', image));
  });

  const both = `1.4.0@${digest}`;
  test.each([
    ['as helm create makes it', 'repository: ghcr.io/acme/hello\n', 'tag: v1.2.0 # now', `tag: ${both} # now`],
    ['with a registry', 'registry: ghcr.io\n  repository: acme/hello\n', 'tag: "1.10"', `tag: "${both}"`],
    ['with nothing behind the key', 'repository: ghcr.io/acme/hello\n', 'tag:', `tag: ${both}`],
    ['with a comment alone', 'repository: ghcr.io/acme/hello\n', 'tag: # latest', `tag: ${both} # latest`],
    ['with null', 'repository: ghcr.io/acme/hello\n', 'tag: ~ # latest', `tag: ${both} # latest`],
    ['with an empty digest', 'repository: ghcr.io/acme/hello\n  digest: ""\n', "tag: '1'", `tag: '${both}'`],
  ])('repository and tag apart, %s', (_, name, before, after) => {
    const text = `replicas: 2\nimage:\n  pullPolicy: IfNotPresent\n  ${name}  ${before}\n`;
    const find = (now: string) => findImage([sourceOf('values.yaml', now, ['image'])], target);
    const place = find(text);
    const wanted = asRendered([place.source], image, { known: [], version: '1.4.0' });
    expect(wanted).toBe(`ghcr.io/acme/hello:${both}`);
    const made = place.with(wanted);
    expect(made).toBe(text.replace(before, after));
    expect([place.says(wanted), find(made).says(wanted)]).toEqual([false, true]);
    if (!place.image.includes(':')) return; // an empty tag
    expect(place.says(place.image)).toBe(true);
    expect(find(made).with(place.image)).toBe(text);
  });

  test('an empty tag is the chart’s appVersion: any tag that runs, and no digest', () => {
    const text = 'image:\n  repository: ghcr.io/acme/hello\n  tag: ""\n';
    const place = findImage([sourceOf('values.yaml', text, ['image'])], target);
    expect(place.says('ghcr.io/acme/hello:1.16.0')).toBe(true);
    expect(place.says(`ghcr.io/acme/hello:${both}`)).toBe(false);
    expect(place.says('ghcr.io/acme/hello-web:1.16.0')).toBe(false);
    expect(place.with(`ghcr.io/acme/hello:${both}`)).toBe(text.replace('""', `"${both}"`));
    expect(() => place.with('ghcr.io/acme/other:1')).toThrow(
      /has the repository ghcr.io\/acme\/hello, and not that of/,
    );
  });

  describe('the image as it is rendered', () => {
    const split = [sourceOf('values.yaml', 'image: {repository: ghcr.io/acme/hello, tag: v1}\n', ['image'])];
    const as = (given: string, version: string, known: string[] = [], sources = split) =>
      asRendered(sources, given, { known, version });

    test('the tag before the digest: the image’s own, the version, else the digest’s first digits', () => {
      const tagged = `ghcr.io/acme/hello:main@${digest}`;
      expect(as(tagged, '1.4.0')).toBe(tagged);
      expect(as(image, 'v1.4.0+build.7')).toBe(`ghcr.io/acme/hello:v1.4.0-build.7@${digest}`);
      expect(as(image, image)).toBe(`ghcr.io/acme/hello:sha256-abababababab@${digest}`);
      expect(as(`docker.io/nginx@${digest}`, '1.4.0')).toBe(`docker.io/nginx:1.4.0@${digest}`);
      expect(as(image, '1.4.0', [], [sourceOf('a.yaml', deployment(image))])).toBe(image);
    });

    test('the same digest keeps the tag that it has in the file, in the cluster or in an earlier run', () => {
      const there = `ghcr.io/acme/hello:1.3.0@${digest}`;
      expect(as(image, '1.4.0', [there])).toBe(there);
      const text = `image: {repository: ghcr.io/acme/hello, tag: "1.3.0@${digest}"}\n`;
      expect(as(image, '1.4.0', [], [sourceOf('values.yaml', text, ['image'])])).toBe(there);
      const older = `ghcr.io/acme/hello:1.3.0@sha256:${'0'.repeat(64)}`;
      expect(as(image, '1.4.0', [older, there.replace('hello', 'shop')])).toBe(`ghcr.io/acme/hello:1.4.0@${digest}`);
    });

    test('an entry of a kustomization decides, and has no tag', () => {
      const sources = [...split, sourceOf('k.yaml', kustomization('    newTag: v1'))];
      expect(as(`ghcr.io/acme/hello:main@${digest}`, '1.4.0', [], sources)).toBe(image);
      expect(as(image, '1.4.0', [], sources)).toBe(image);
    });
  });

  test('a digest of its own beside the tag is refused', () => {
    const text = `image: {repository: ghcr.io/acme/hello, tag: v1, digest: "${digest}"}\n`;
    expect(() => findImage([sourceOf('values.yaml', text, ['image'])], target)).toThrow(/a digest of its own/);
  });

  test.each([
    ['no such container', [deployment('x').replace('name: app', 'name: web')], 'RENDER_NO_IMAGE'],
    ['an alias', [`x: &it ${image}\n${deployment('*it')}`.replace('---', '')], 'RENDER_'],
    ['two files', [deployment('ghcr.io/acme/hello:v1'), deployment('ghcr.io/acme/hello:v2')], 'RENDER_AMBIGUOUS'],
    ['no YAML', ['{{- if .Values.web }}\nkind: Deployment\n{{- end }}'], 'RENDER_INVALID'],
    ['tag and digest', [kustomization(`    newTag: v1\n    digest: ${digest}`)], 'RENDER_AMBIGUOUS'],
  ])('%s is refused', (_, texts, code) => {
    const find = () =>
      findImage(
        texts.map((text, i) => sourceOf(`${i}.yaml`, text)),
        target,
      );
    expect(find).toThrow(expect.objectContaining({ code: expect.stringContaining(code) }));
  });
});

const routes = {
  HTTPRoute: {
    kind: httpRoute,
    at: '/spec/rules/0/backendRefs',
    entry: { name: 'hello', port: 80 },
    other: { name: 'other', port: 80 },
    text: (list: string) =>
      `kind: HTTPRoute\nmetadata: {name: hello}\nspec:\n  rules:\n    - backendRefs:${list}\n      # tail\n`,
  },
  TraefikService: {
    kind: traefikService,
    at: '/spec/weighted/services',
    entry: { name: 'hello', port: 80 },
    other: { name: 'other', port: 80 },
    text: (list: string) => `kind: TraefikService\nmetadata: {name: hello}\nspec:\n  weighted:\n    services:${list}\n`,
  },
  VirtualService: {
    kind: virtualService,
    at: '/spec/http/0/route',
    entry: { destination: { host: 'hello' } },
    other: { destination: { host: 'other' } },
    text: (list: string) => `kind: VirtualService\nmetadata: {name: hello}\nspec:\n  http:\n    - route:${list}\n`,
  },
} as const;

const lists = {
  HTTPRoute: [
    '\n        - name: hello # ours\n          port: 80 # web\n        - name: other\n          port: 80',
    '\n      -   port: 80\n          weight: 7 # all\n          name: "hello"\n\n      - {name: other, port: 80}',
    ' [ {name: hello, port: 80}, {name: other, port: 80, weight: 3} ]',
  ],
  TraefikService: [
    '\n      - name: hello\n        port: 80\n        weight: 100\n      - name: other\n        port: 80 # last',
  ],
  VirtualService: [
    '\n        - destination:\n            host: hello # ours\n        - destination: {host: other}\n          weight: 0',
  ],
};

describe('the weights in a route’s manifest', () => {
  const cases = (Object.keys(routes) as (keyof typeof routes)[]).flatMap(name =>
    lists[name].map(list => [name, list] as const),
  );

  test.each(cases)('%s: as wanted, only weights and the new entry differ, and it comes back: %s', (name, list) => {
    const { kind, at, entry, other, text } = routes[name];
    for (const base of [text(list), text(list).replaceAll('\n', '\r\n')]) {
      const place = (whole: string) => findWeights([sourceOf('r.yaml', whole)], kind, 'hello', at);
      expect(namesIn(place(base), kind)).toEqual(['hello', 'other']);
      let now = base;
      for (const [own, canary, fresh] of [
        [90, 10, undefined],
        [50, 25, 25],
        [0, 100, undefined],
      ] as const) {
        const to = (service: string, weight: number) => ({ ...kind.toService(entry, service), weight });
        const wanted = [
          to('hello', own),
          to('hello-canary', canary),
          ...(fresh === undefined ? [] : [to('hello-baseline', fresh)]),
          { ...other, weight: 5 },
        ];
        now = withText(place(now), weighted(place(base), kind, wanted));
        const written = parseAllDocuments(now)[0]!.getIn(at.split('/').slice(1)) as { toJSON(): unknown };
        expect(written.toJSON()).toEqual(wanted);
        for (const line of base.split(/\r?\n/).filter(one => one.includes('#')))
          expect(now).toContain(line.slice(line.indexOf('#')));
        expect(now.includes('\r\n')).toBe(base.includes('\r\n'));
      }
      expect(withText(place(now), textOf(place(base)))).toBe(base);
    }
  });

  test('nobody new: the former bytes; edited meanwhile, or leading elsewhere: refused', () => {
    const { kind, at, entry, other, text } = routes.HTTPRoute;
    const place = (whole: string) => findWeights([sourceOf('r.yaml', whole)], kind, 'hello', at);
    const base = text(lists.HTTPRoute[0]!);
    const half = [
      { ...entry, weight: 1 },
      { ...entry, name: 'hello-canary', weight: 1 },
      { ...other, weight: 2 },
    ];
    const during = withText(place(base), listText(place(base), place(base), kind, half));
    expect(during).toContain('hello-canary');
    expect(listText(place(during), place(base), kind, [entry, other])).toBe(textOf(place(base)));
    const edited = place(during.replace('port: 80', 'port: 81'));
    expect(() => listText(edited, place(base), kind, half)).toThrow(expect.objectContaining({ code: 'RENDER_EDITED' }));
    expect(() => listText(place(base), place(base), kind, [entry])).toThrow(
      expect.objectContaining({ code: 'RENDER_MISMATCH' }),
    );
  });

  test('a route that is not there, or not in this form, is refused', () => {
    const { kind, at, text } = routes.HTTPRoute;
    for (const [whole, route] of [
      [text(lists.HTTPRoute[0]!), 'others'],
      [text(' []').replace('backendRefs', 'filters'), 'hello'],
    ] as const)
      expect(() => findWeights([sourceOf('r.yaml', whole)], kind, route, at)).toThrow(
        expect.objectContaining({ code: 'RENDER_NO_ROUTE' }),
      );
  });
});
