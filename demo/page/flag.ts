import { h } from "./dom.ts";

/**
 * A country's flag, or its two letters where no font can draw flags (Windows, many Linux machines): an
 * empty box beside every name helps nobody.
 */
export function flagOf(code: string, emoji: string): HTMLElement {
  flagsAreDrawn ??= canDrawFlags();
  const drawn = flagsAreDrawn && emoji !== "";
  return h("span", { class: drawn ? "flag" : "flag letters", "aria-hidden": "true" }, drawn ? emoji : code);
}

let flagsAreDrawn: boolean | undefined;

/** A flag has colours; a box or two letters have the one they were told to have. */
function canDrawFlags(): boolean {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return false;
  context.fillStyle = "#000";
  context.font = "20px sans-serif";
  context.fillText("🇫🇷", 0, 20);
  const { data } = context.getImageData(0, 0, 24, 24);
  return data.some((value, index) => index % 4 !== 3 && value > 40);
}
