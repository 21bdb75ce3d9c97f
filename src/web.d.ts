// The only outside globals the core may touch: those that workerd, Node and browsers share. Others do not compile.

interface TextEncoder {
  encode(input: string): Uint8Array<ArrayBuffer>;
  encodeInto(input: string, into: Uint8Array): { readonly read: number; readonly written: number };
}
declare const TextEncoder: { new (): TextEncoder };

interface TextDecoder {
  decode(input: Uint8Array): string;
}
declare const TextDecoder: {
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

interface URLSearchParams extends Iterable<[string, string]> {}

interface URL {
  readonly href: string;
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
  readonly origin: string;
  readonly pathname: string;
  readonly search: string;
  readonly username: string;
  readonly password: string;
  hash: string;
}
declare const URL: {
  new (input: string, base?: string): URL;
  canParse(input: string, base?: string): boolean;
};

declare const crypto: {
  readonly subtle: {
    digest(algorithm: "SHA-1" | "SHA-256", data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  };
  randomUUID(): string;
};

/** Base64, from and to text whose characters stand for one byte each. */
declare function atob(base64: string): string;
declare function btoa(bytes: string): string;

declare function setTimeout(run: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
}
declare const AbortController: {
  new (): { readonly signal: AbortSignal; abort(reason?: unknown): void };
};

declare const CompressionStream: { new (format: "gzip"): object };
declare const DecompressionStream: { new (format: "gzip"): object };
