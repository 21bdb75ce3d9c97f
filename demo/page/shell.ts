/** Keeps what the demo's pages are made of, so that a reload without a network still shows them. */
export function keepShell(): void {
  if (!("serviceWorker" in navigator)) return;
  // Without one (private windows, some settings) only the offline reload is lost.
  navigator.serviceWorker.register("/sw.js").catch(() => undefined);
}
