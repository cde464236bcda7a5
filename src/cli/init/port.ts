import { posix } from 'node:path';
import type { Tree } from '../../core/tree.ts';
import { type Found, matches } from './found.ts';
import type { GoFile } from './programs.ts';

interface Guess extends Found<number> {
  /** How surely this is where the program listens. */
  readonly weight: number;
}

const about = '(?:port|addr|address|listen|bind)';
/** A literal that holds a port: `"8080"`, `":8080"`, `"0.0.0.0:8080"`. */
const literal = String.raw`["\`](?:[\w.[\]:-]*:)?(\d{2,5})["\`]`;
/** Ports for something else than users' requests. */
const forOthers =
  /metric|admin|debug|pprof|grpc|redis|cache|db|database|postgres|mysql|mongo|kafka|nats|smtp|mail|proxy|upstream|remote|max|min|report|import|export|support|transport/i;

/** Where a program's ports are written. Each pattern gives the name, where it has one, and the number. */
const patterns: readonly { weight: number; pattern: RegExp; name?: number; port: number }[] = [
  // flags, also of pflag and cobra: flag.String("addr", ":8080", …), fs.IntP("port", "p", 8080, …), StringVar(&port, "port", getEnv("PORT", "80"), …)
  {
    weight: 5,
    pattern: new RegExp(
      String.raw`\.(?:Int|Int32|Int64|Uint|Uint16|String|TextVar|IntVar|UintVar|Uint16Var|StringVar)P?\([^"\n]*"([\w.-]*${about}[\w.-]*)"\s*,(?:\s*"[a-zA-Z]?"\s*,)?(?:[^\n]*?${literal}|\s*(\d{2,5})\b)`,
      'gi',
    ),
    name: 1,
    port: 2,
  },
  // urfave/cli: Name: "port", …, Value: 8080
  {
    weight: 5,
    pattern: new RegExp(
      String.raw`Name:\s*"([\w.-]*${about}[\w.-]*)"[^{}]{0,300}?Value:\s*(?:${literal}|(\d{2,5})\b)`,
      'gi',
    ),
    name: 1,
    port: 2,
  },
  // viper.SetDefault("port", 8080), cmp.Or(os.Getenv("PORT"), "8080"), getEnv("HTTP_ADDR", ":8080")
  {
    weight: 5,
    pattern: new RegExp(String.raw`"([\w.-]*${about}[\w.-]*)"\)?\s*,\s*(?:${literal}|(\d{2,5})\b)`, 'gi'),
    name: 1,
    port: 2,
  },
  // struct tags: `env:"PORT" envDefault:"8080"`, `default:"8080"` of a field Port
  {
    weight: 5,
    pattern: new RegExp(
      String.raw`(\w*${about}\w*)[^\n]*\b(?:envDefault|default|env-default):"(?:[\w.]*:)?(\d{2,5})"`,
      'gi',
    ),
    name: 1,
    port: 2,
  },
  {
    weight: 4,
    pattern: new RegExp(
      String.raw`\b(?:ListenAndServe|ListenAndServeTLS|Run|RunTLS|Start|StartTLS|Listen|Serve)\((?:[^()\n"]*,\s*)?(?:"tcp[46]?"\s*,\s*)?${literal.replace('(?:[\\w.[\\]:-]*:)?', '[\\w.[\\]-]*:')}`,
      'g',
    ),
    port: 1,
  },
  { weight: 4, pattern: new RegExp(String.raw`\bAddr:\s*${literal}`, 'g'), port: 1 },
  // port := "8080", const defaultAddr = ":8080"
  {
    weight: 3,
    pattern: new RegExp(String.raw`\b(\w*${about}\w*)(?:\s+\w+)?\s*:?=\s*(?:${literal}|(\d{2,5})\b)`, 'gi'),
    name: 1,
    port: 2,
  },
];

/** Ports in the source of a program, the likeliest first, each number once. */
export async function portsInSource(sources: readonly GoFile[], tree: Tree): Promise<Found<number>[]> {
  const guesses = [
    ...sources.flatMap(({ file, code }) => patterns.flatMap(one => guess(file, code, one))),
    ...sources.flatMap(ginDefault),
    ...(await Promise.all(sources.map(source => inEmbedded(source, tree)))).flat(),
  ];
  const sorted = guesses.filter(({ value }) => value > 0 && value < 65_536).sort((a, b) => b.weight - a.weight);
  return sorted.filter(({ value }, index) => sorted.findIndex(one => one.value === value) === index);
}

function guess(file: string, code: string, { weight, pattern, name, port }: (typeof patterns)[number]): Guess[] {
  return matches(file, code, pattern).map(({ value, at }) => {
    const called = name === undefined ? '' : value[name]!;
    // of a name itself, `port` in `support` included; what is only near the name does not count
    const other = forOthers.test(called) ? 3 : 0;
    return { value: Number(value[port] ?? value[port + 1]), at, weight: weight - other };
  });
}

/** `r.Run()` of gin without an address: PORT of the environment, else 8080. */
function ginDefault({ file, code }: GoFile): Guess[] {
  if (!code.includes('"github.com/gin-gonic/gin"')) return [];
  return matches(file, code, /\.Run\(\s*\)/g).map(({ at }) => ({ value: 8080, at, weight: 3 }));
}

/** A configuration that is compiled in: `//go:embed default.json` with `"listen": ":8080"`. */
async function inEmbedded({ file, text }: GoFile, tree: Tree): Promise<Guess[]> {
  const embedded = matches(file, text, /^\/\/go:embed\s+(\S+\.(?:json|ya?ml|toml))\s*$/gm).map(({ value }) =>
    posix.join(posix.dirname(file), value[1]!),
  );
  const pattern = new RegExp(String.raw`"?([\w.-]*${about}[\w.-]*)"?\s*[:=]\s*["']?(?:[\w.]*:)?(\d{2,5})\b`, 'gi');
  const found = await Promise.all(
    embedded.map(async name => guess(name, await tree.read(name), { weight: 4, pattern, name: 1, port: 2 })),
  );
  return found.flat();
}
