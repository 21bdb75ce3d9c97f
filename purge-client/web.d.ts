// The only outside globals the client may touch: those that Node, browsers and Workers share. Others do not compile.

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
declare const AbortSignal: {
  any(signals: readonly AbortSignal[]): AbortSignal;
  timeout(milliseconds: number): AbortSignal;
};

interface Response {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}
interface RequestInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  redirect?: "manual";
}
declare function fetch(url: string, init?: RequestInit): Promise<Response>;

declare const URL: { canParse(input: string): boolean };
declare const URLSearchParams: {
  new (pairs: readonly (readonly [string, string])[]): { toString(): string };
};
declare const crypto: { randomUUID(): string };
declare function setTimeout(run: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;
