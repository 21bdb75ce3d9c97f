/** Puts workerd's own streams in place where a platform lacks them. Fills go through them; hits, which are measured, do not. */
export function supplyStreams(): void {
  if ("FixedLengthStream" in globalThis) return;
  Object.assign(globalThis, { IdentityTransformStream: TransformStream, FixedLengthStream });
}

class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
  // The length is an argument of the platform's class, and of no use to this one.
  constructor(_length: number) {
    super();
  }
}
