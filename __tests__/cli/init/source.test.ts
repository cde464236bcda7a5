import { expect, test } from '@jest/globals';
import { grpcHealth, healthPaths } from '../../../src/cli/init/health.ts';
import { portsInSource } from '../../../src/cli/init/port.ts';
import { withoutComments } from '../../../src/core/go-code.ts';
import type { Tree } from '../../../src/core/tree.ts';

const nothing: Tree = { files: [], read: async () => '' };
const source = (text: string) => [{ file: 'main.go', text, code: withoutComments(text) }];

test.each([
  ['http.ListenAndServe', 'http.ListenAndServe(":8081", nil)', 8081],
  ['ListenAndServeTLS', 'http.ListenAndServeTLS("0.0.0.0:8443", "c", "k", nil)', 8443],
  ['Addr of a server', 'srv := &http.Server{Addr: "127.0.0.1:8082", Handler: mux}', 8082],
  ['net.Listen', 'l, err := net.Listen("tcp", ":9000")', 9000],
  ['flag with an address', 'addr := flag.String("listen-address", ":8083", "where")', 8083],
  ['flag with a number', 'flag.IntVar(&port, "port", 8084, "port")', 8084],
  ['pflag with a letter', 'fs.IntP("port", "p", 8085, "port")', 8085],
  ['flag over the environment', 'flag.StringVar(&port, "port", getEnv("HELLO_PORT", "80"), "x")', 80],
  ['cmp.Or', 'port := cmp.Or(os.Getenv("PORT"), "8086")', 8086],
  ['viper', 'viper.SetDefault("server.port", 8087)', 8087],
  ['urfave/cli', 'cli.IntFlag{Name: "port", Aliases: []string, Value: 8088}', 8088],
  ['struct tag', 'Port int `env:"PORT" envDefault:"8089"`', 8089],
  ['constant', 'const defaultAddr = ":8090"', 8090],
  ['gin', 'import "github.com/gin-gonic/gin"\nfunc main() { r := gin.Default(); r.Run() }', 8080],
  ['gin with an address', 'r.Run(":8091")', 8091],
  ['echo', 'e.Logger.Fatal(e.Start(":1323"))', 1323],
  ['fiber', 'log.Fatal(app.Listen(":3000"))', 3000],
  ['a metrics port beside it', 'flag.Int("metrics-port", 9090, "")\nflag.Int("port", 8092, "")', 8092],
  ['a comment', '// http.ListenAndServe(":1", nil)\n/* Addr: ":22" */', undefined],
  ['an address that it calls', 'http.Get("http://localhost:8080/x")', undefined],
])('the port of %s', async (_, text, expected) => {
  const [found] = await portsInSource(source(text), nothing);
  expect(found?.value).toBe(expected);
});

test('a port says in which line it stands', async () => {
  const [found] = await portsInSource(
    source('package main\n\n/* a\nb */\nfunc main() { http.ListenAndServe(":8080", nil) }'),
    nothing,
  );
  expect(found?.at).toBe('main.go:5');
});

test('a port in a configuration that is compiled in', async () => {
  const tree: Tree = { files: [], read: async file => (file === 'default.json' ? '{\n  "listen": ":8099"\n}' : '') };
  const [found] = await portsInSource(source('//go:embed default.json\nvar defaults []byte'), tree);
  expect(found).toMatchObject({ value: 8099, at: 'default.json:2' });
});

test.each([
  ['net/http', 'mux.HandleFunc("GET /healthz", s.healthz)', '/healthz'],
  ['net/http, old', 'http.Handle("/health", h)', '/health'],
  ['gorilla', 'r.HandleFunc("/readyz", h).Methods("GET")', '/readyz'],
  ['chi', 'r.Get("/livez", h)', '/livez'],
  ['chi, Method', 'r.Method("GET", "/ready", h)', '/ready'],
  ['gin', 'r.GET("/ping", func(c *gin.Context) {})', '/ping'],
  ['echo', 'e.GET("/api/v1/health", h)', '/api/v1/health'],
  ['a switch', 'case "/healthz":', '/healthz'],
  ['readiness before liveness', 'm.Handle("/livez", a)\nm.Handle("/readyz", b)', '/readyz'],
  ['only its root', 'm.Handle("/", a)\nm.Handle("/users", b)', '/'],
  ['none', 'm.Handle("/users", b)', undefined],
  ['a comment', '// m.Handle("/healthz", b)', undefined],
])('the health path of %s', (_, text, expected) => {
  expect(healthPaths(source(text))[0]?.value).toBe(expected);
});

test('the health service of gRPC', () => {
  const found = grpcHealth(source('\ngrpc_health_v1.RegisterHealthServer(srv, health.NewServer())'));
  expect(found?.at).toBe('main.go:2');
});

test('comments are left out, and what looks like one in a text stays', () => {
  expect(withoutComments('a // b\n"http://x" /* c\nd */ `// e`')).toBe('a     \n"http://x"     \n     `// e`');
});
