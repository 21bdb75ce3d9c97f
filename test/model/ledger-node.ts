import { deltaOf, memoryLedger } from "../../src/index.ts";
import type { Ledger, LedgerDelta, LedgerPoint, PurgeOrder } from "../../src/index.ts";
import type { Party } from "./oracle.ts";
import type { Gone, Scene } from "./scene.ts";
import { TARGETS } from "./site.ts";

/** How long the ledger remembers a purge, in seconds: less than entries live, so that histories see it forget. */
const RETENTION = 40;

/** The line from one isolate to the ledger. */
export interface Line {
  readonly party: Party;
  isCut: boolean;
}

export interface LedgerNode {
  /** The ledger as it is now, without a way to it. */
  readonly ledger: Ledger;
  /** Another ledger takes its place, with another epoch. */
  lose(): void;
  /** The ledger as seen from the end of a line. */
  at(line: Line, gone: Gone): Ledger;
}

/** @param hears told of each purge, by a ledger that tells its listeners */
export function ledgerNode({ mail, truth, planted }: Scene, hears: (delta: LedgerDelta) => void): LedgerNode {
  let epochs = 0;
  let ledger = born();

  function born(): Ledger {
    epochs += 1;
    const real = memoryLedger({ epoch: `e${epochs}`, retention: RETENTION, clock: mail.now });
    return planted.ledger?.(real) ?? real;
  }

  async function commit(order: PurgeOrder): Promise<Awaited<ReturnType<Ledger["purge"]>>> {
    const event = truth.happens();
    const receipt = await ledger.purge(order);
    const targets = TARGETS.filter(({ selector }) => order.selectors.includes(selector));
    const name = targets.map((target) => target.name).join(", ");
    const covers = targets.map((target) => target.covers).join("");
    truth.committed({ name, covers, isSoft: order.mode === "soft", point: receipt }, event);
    hears(deltaOf(order, receipt));
    return receipt;
  }

  return {
    get ledger() {
      return ledger;
    },
    lose() {
      ledger = born();
      const point: LedgerPoint = { epoch: `e${epochs}`, position: 0 };
      truth.committed(
        { name: "everything (the ledger was lost)", covers: "abc", isSoft: false, point },
        truth.happens(),
      );
      truth.acknowledged(point);
    },
    at: (line, gone) => ({
      async since(known) {
        const { name } = line.party;
        const question = truth.asks(line.party);
        try {
          await (gone() ?? mail.sent(`${name} asks the ledger`));
          if (line.isCut) throw new Error("The ledger is out of reach");
          const delta = await ledger.since(known);
          await (gone() ?? mail.sent(`the ledger answers ${name}: ${delta.epoch}.${delta.position}`));
          await gone();
          question.heard(delta);
          return delta;
        } catch (error) {
          question.failed();
          throw error;
        }
      },
      async purge(order) {
        await (gone() ?? mail.sent(`${line.party.name} orders a purge`));
        if (line.isCut) throw new Error("The ledger is out of reach");
        const receipt = await commit(order);
        await (gone() ?? mail.sent(`the ledger acknowledges ${receipt.position} to ${line.party.name}`));
        await gone();
        return receipt;
      },
    }),
  };
}
