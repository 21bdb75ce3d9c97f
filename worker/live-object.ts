import { DurableObject } from "cloudflare:workers";
import { formatToken, parseToken, systemClock } from "../src/index.ts";
import type { LedgerDelta, LedgerPoint } from "../src/index.ts";
import type { LedgerObject } from "./ledger-object.ts";
import { liveNews, type News } from "./live-news.ts";
import { MOST_QUESTION_CHARACTERS, oneMore, readQuestion, type Asked } from "./live-question.ts";
import type { LiveShard } from "./live-shards.ts";
import { eventStreams } from "./live-streams.ts";

/** What {@link LiveObject} needs of the Worker's environment. */
export interface LiveEnv {
  readonly LEDGER: DurableObjectNamespace<LedgerObject>;
}

/** Which shard of which ledger's listeners this is. */
interface Place {
  readonly ledger: string;
  readonly shard: string;
}

/** Even if all messages between the ledger and a shard were lost, its listeners would know after this long. */
const CHECK_EVERY_MS = 60_000;

const FULL = "All places of this shard are taken";

/**
 * One shard of those who hear of a ledger's purges as they happen. It sleeps while nothing happens: the platform holds
 * the sockets and answers their pings. What it told last is in its storage, so that it goes on from there after a
 * sleep. After a restart its listeners come back and say what they know.
 */
export class LiveObject extends DurableObject<LiveEnv> implements LiveShard {
  readonly #streams = eventStreams();
  readonly #news: News;
  /** How many sockets there are, about: to count them means to touch each. */
  #sockets: number;
  /** Those who are about to listen, and must not miss what happens meanwhile. */
  #coming = 0;

  constructor(ctx: DurableObjectState, env: LiveEnv) {
    super(ctx, env);
    this.#sockets = ctx.getWebSockets().length;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#news = liveNews({
      source: {
        listen: async (point) => (await this.#ledger().listen(this.#place().shard, point)) as LedgerDelta,
        since: async (point) => (await this.#ledger().since(point)) as LedgerDelta,
      },
      // Who listens to an object that has only just begun has come through a sleep of it.
      told: this.#listeners() > 0 ? ctx.storage.kv.get<LedgerPoint>("told") : undefined,
      tell: (delta) => this.#tell(delta),
      remember: (point) => ctx.storage.kv.put<LedgerPoint>("told", point),
    });
  }

  /** A listener that comes, with a WebSocket or for an event stream: {@link liveRoutes} sends it here. */
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const place = { ledger: searchParams.get("ledger") ?? "", shard: searchParams.get("shard") ?? "" };
    if (this.#place().shard !== place.shard) this.ctx.storage.kv.put<Place>("place", place);
    const most = Number(searchParams.get("connections"));
    if (this.#listeners() >= most) return busy(FULL);
    let first: readonly LedgerDelta[];
    this.#coming += 1;
    try {
      first = await this.#news.after(parseToken(searchParams.get("since")));
    } catch {
      return busy("The ledger cannot be reached");
    } finally {
      this.#coming -= 1;
    }
    // From here on nothing waits: what is told next follows on what this listener is told first.
    if (this.#listeners() >= most) return busy(FULL);
    this.#checkLater();
    if (request.headers.get("upgrade") !== "websocket") return this.#streams.open(first.map(eventOf));
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    this.#sockets += 1;
    for (const delta of first) ours.send(JSON.stringify(delta));
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /** The ledger tells of purges. Resolves to whether anybody listens here. */
  async told(delta: LedgerDelta): Promise<boolean> {
    if (this.#listeners() + this.#coming === 0) return false;
    this.#news.hear(delta);
    return true;
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (typeof message !== "string" || message.length > MOST_QUESTION_CHARACTERS)
      return socket.close(1009, `Messages are text of at most ${MOST_QUESTION_CHARACTERS} characters`);
    const question = readQuestion(message);
    if (question === undefined) return socket.close(1008, "This is neither a ping nor a question");
    if (!mayAsk(socket, "questions")) return;
    const { id, point } = question;
    const answers = await this.#news.after(point).catch((): readonly LedgerDelta[] => []);
    if (answers[0]?.since === null && !mayAsk(socket, "wholes")) return;
    const messages = answers.map((delta, index) =>
      JSON.stringify(index === answers.length - 1 ? { id, ...delta } : delta),
    );
    if (messages.length === 0) messages.push(JSON.stringify({ id, problem: "The ledger cannot be reached" }));
    for (const text of messages) send(socket, text);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#sockets -= 1;
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    socket.close();
  }

  /** Asks the ledger, in case it could not tell us of something. */
  override async alarm(): Promise<void> {
    this.#sockets = this.ctx.getWebSockets().length;
    if (this.#listeners() === 0) return;
    await this.#news.refresh().catch(() => undefined);
    await this.ctx.storage.setAlarm(systemClock() + CHECK_EVERY_MS);
  }

  #ledger(): DurableObjectStub<LedgerObject> {
    const { LEDGER } = this.env;
    return LEDGER.get(LEDGER.idFromName(this.#place().ledger));
  }

  #place(): Place {
    return this.ctx.storage.kv.get<Place>("place") ?? { ledger: "", shard: "" };
  }

  #listeners(): number {
    // None, or fewer: to be sure of that, they are counted.
    if (this.#sockets <= 0) this.#sockets = this.ctx.getWebSockets().length;
    return this.#sockets + this.#streams.size;
  }

  #tell(delta: LedgerDelta): void {
    const text = JSON.stringify(delta);
    const sockets = this.ctx.getWebSockets();
    this.#sockets = sockets.length;
    for (const socket of sockets) send(socket, text);
    this.#streams.send(eventOf(delta));
  }

  #checkLater(): void {
    this.ctx.waitUntil(
      this.ctx.storage.getAlarm().then(async (alarm) => {
        if (alarm === null) await this.ctx.storage.setAlarm(systemClock() + CHECK_EVERY_MS);
      }),
    );
  }
}

function eventOf(delta: LedgerDelta): { id: string; data: string } {
  return { id: formatToken(delta), data: JSON.stringify(delta) };
}

/** Counts one more; who has asked for too much is sent away. */
function mayAsk(socket: WebSocket, of: keyof Asked): boolean {
  // What was put there below, or null.
  const asked = oneMore(socket.deserializeAttachment() as Asked | null, of, systemClock());
  if (asked === undefined) socket.close(1008, "Too many questions");
  else socket.serializeAttachment(asked);
  return asked !== undefined;
}

/** A socket that is closing takes nothing more; it is no reason to fail the others. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Its listener comes back and says what it knows.
  }
}

function busy(error: string): Response {
  const headers = { "retry-after": "5", "cache-control": "no-store" };
  return Response.json({ error }, { status: 503, headers });
}
