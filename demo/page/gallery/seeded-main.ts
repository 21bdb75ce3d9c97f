import { showConnection } from "../connection.ts";
import { find } from "../dom.ts";
import { openRoom } from "./room.ts";
import { seededCard } from "./seeded.ts";

/** What the server put into this document. */
function readSeed(): unknown {
  return JSON.parse(document.getElementById("seed")?.textContent ?? "null");
}

find("cards", HTMLElement).append(seededCard(openRoom(), readSeed()).frame.element);
showConnection();
