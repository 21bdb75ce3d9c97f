import { afterEach, describe, expect, test, vi } from "vitest";
import { remoteOrigin } from "../../worker/index.ts";

afterEach(() => void vi.restoreAllMocks());

/** The request that would leave the worker. */
async function leaving(address: string, url: string, init?: RequestInit): Promise<Request> {
  const sent: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, options) => {
    sent.push(new Request(input, options));
    return new Response();
  });
  await remoteOrigin(address)(new Request(url, init));
  return sent[0] ?? expect.fail("nothing left");
}

describe("remoteOrigin()", () => {
  test.each([
    ["https://shop.example/a?b=1", "http://10.0.0.1:9900/a?b=1"],
    ["https://shop.example//evil.example/a", "http://10.0.0.1:9900//evil.example/a"],
    ["https://shop.example/\\evil.example", "http://10.0.0.1:9900//evil.example"],
    ["https://shop.example/%2f..%2fa", "http://10.0.0.1:9900/%2f..%2fa"],
    ["https://shop.example/@evil.example", "http://10.0.0.1:9900/@evil.example"],
  ])("sends %s to %s and never elsewhere", async (url, target) => {
    expect((await leaving("http://10.0.0.1:9900", url)).url).toBe(target);
  });

  test("puts the address's own path in front", async () => {
    expect((await leaving("http://10.0.0.1/base", "https://shop.example/a")).url).toBe(
      "http://10.0.0.1/base/a",
    );
  });

  test("tells the origin the public host and scheme, whatever the client says they are", async () => {
    const { headers } = await leaving("http://10.0.0.1", "https://shop.example/a", {
      headers: { "x-forwarded-host": "evil" },
    });
    expect(headers.get("x-forwarded-host")).toBe("shop.example");
    expect(headers.get("x-forwarded-proto")).toBe("https");
  });

  test("lets the platform's own cache keep nothing, and adds no field to the request for it", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response());
    await remoteOrigin("http://10.0.0.1")(new Request("https://shop.example/a"));
    const init = fetched.mock.calls[0]?.[1];
    expect(init).toMatchObject({ cf: { cacheTtlByStatus: { "100-599": -1 } } });
    expect(init?.cache).toBeUndefined();
  });

  test("takes a redirect as an answer", async () => {
    expect((await leaving("http://10.0.0.1", "https://shop.example/a")).redirect).toBe("manual");
  });
});
