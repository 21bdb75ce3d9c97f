import { find } from "./dom.ts";

/** Shows whether there is a network, from now on. */
export function showConnection(): void {
  const badge = find("connection", HTMLParagraphElement);
  function show(): void {
    badge.dataset["online"] = String(navigator.onLine);
    badge.textContent = navigator.onLine ? "online" : "offline";
  }
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}
