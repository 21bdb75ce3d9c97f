const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

export function formatCount(count: number): string {
  return whole.format(count);
}

export function formatCompact(count: number): string {
  return compact.format(count);
}

export function formatShare(share: number): string {
  return percent.format(share);
}

/** How long something took. Tenths matter below ten milliseconds: that is where the near places are. */
export function formatTook(milliseconds: number): string {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(2)} s`;
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

/** A number of seconds in its largest sensible unit. */
export function formatSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** The start of an entity tag: enough to see whether it changed. */
export function formatEtag(etag: string): string {
  const opaque = etag.replace(/^W\//, "").replaceAll('"', "");
  return `${etag.startsWith("W/") ? "~" : ""}${opaque.slice(0, 8)}${opaque.length > 8 ? "…" : ""}`;
}
