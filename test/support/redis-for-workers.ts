import type { TestProject } from "vitest/node";
import { freePort, redisServer } from "./redis-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of a real Redis, for tests that run inside workerd and cannot start one. */
    readonly redisUrl: string;
    /** The same by TLS. */
    readonly redisTlsUrl: string;
  }
}

const authority = new URL("tls/authority.crt", import.meta.url).pathname;
const certificate = new URL("tls/loopback.crt", import.meta.url).pathname;
const key = new URL("tls/loopback.key", import.meta.url).pathname;

/** A Redis with a password, for all tests of the project. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const password = "a password / for workers";
  const tlsPort = await freePort();
  const server = await redisServer(
    // Also where the certificate is not for.
    ...["--bind", "127.0.0.1", "127.0.0.2"],
    ...["--requirepass", password, "--tls-port", String(tlsPort), "--tls-auth-clients", "no"],
    ...["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority],
  );
  const who = `:${encodeURIComponent(password)}`;
  project.provide("redisUrl", `redis://${who}@127.0.0.1:${server.port}/3`);
  project.provide("redisTlsUrl", `rediss://${who}@localhost:${tlsPort}/3`);
  // Whose signature workerd's sockets trust: it is started after this, with this environment.
  const trusted = process.env["SSL_CERT_FILE"];
  process.env["SSL_CERT_FILE"] = authority;
  return () => {
    if (trusted === undefined) delete process.env["SSL_CERT_FILE"];
    else process.env["SSL_CERT_FILE"] = trusted;
    return server.stop();
  };
}
