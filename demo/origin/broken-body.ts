/** The same answer on a line that breaks: it promises its whole length and stops halfway. */
export function breakOff(whole: Response): Response {
  const reader = whole.body?.getReader();
  if (reader === undefined) return whole;
  const half = Math.floor(Number(whole.headers.get("Content-Length") ?? 0) / 2);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await reader.read();
      const part = value?.subarray(0, Math.max(0, half - sent));
      if (part === undefined || part.byteLength === 0) return controller.error(new Error("the line broke"));
      sent += part.byteLength;
      controller.enqueue(part);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, { status: whole.status, headers: whole.headers });
}
