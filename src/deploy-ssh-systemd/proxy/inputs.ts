import { proxy } from './proxy.ts';

export const proxyInputs = {
  proxy: {
    description:
      'A site of the host’s nginx for the service: `{names: [hello.example.org]}` passes on to `listen`, or to `port` or `socket`; with `tls: {certificate: PATH, key: PATH}`, paths on the host, or `tls: {certbot: {email: ADDRESS, server: URL}}`, Let’s Encrypt by default, it is served on `https`, 443, and `http`, 80, leads there. `grpc: true` or a port passes gRPC on; `timeout`, 60s, between two reads; `max-body`, 1MiB. On a NAS (`layout: dsm`) it is an entry of DSM’s nginx. Part of the release: tested, switched and taken back with it.',
    value: proxy,
  },
};
