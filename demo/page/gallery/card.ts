import type { OriginReport } from "../../gallery-api.ts";
import type { Frame } from "./frame.ts";

/** One behaviour, ready to be tried. */
export interface Card {
  readonly frame: Frame;
  /** Takes what the origin says of itself when the page opens. */
  begin(report: OriginReport): void;
}
