/**
 * Any string, lone surrogates included, as 28 characters of `0-9a-z`: 128 bits, the same in every place and every
 * release, spread evenly also in its last two characters.
 *
 * It is no secret-keeper's hash: who guesses the string can confirm the guess, and who tries can make two strings
 * collide. Where a fingerprint stands for what is to be invalidated, a collision invalidates too much, never too little.
 */
export function fingerprint(text: string): string {
  let [a, b, c, d] = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  // Each step can be undone, so that no two states ever run together over the same text.
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = (turned(Math.imul(a ^ unit, 0x9e3779b1), 15) + b) | 0;
    b = (turned(Math.imul(b ^ unit, 0x85ebca77), 13) + c) | 0;
    c = (turned(Math.imul(c ^ unit, 0xc2b2ae3d), 17) + d) | 0;
    d = (turned(Math.imul(d ^ unit, 0x27d4eb2f), 11) + a) | 0;
  }
  // Twice around, so that each lane depends on all four.
  for (let round = 0; round < 2; round += 1) {
    a = stirred((a ^ text.length) + d);
    b = stirred(b + a);
    c = stirred(c + b);
    d = stirred(d + c);
  }
  return written(a) + written(b) + written(c) + written(d);
}

function turned(lane: number, bits: number): number {
  return (lane << bits) | (lane >>> (32 - bits));
}

/** Lets each bit of a lane change about half of the others. */
function stirred(lane: number): number {
  const half = Math.imul(lane ^ (lane >>> 16), 0x7feb352d);
  const whole = Math.imul(half ^ (half >>> 15), 0x846ca68b);
  return whole ^ (whole >>> 16);
}

function written(lane: number): string {
  return (lane >>> 0).toString(36).padStart(7, "0");
}
