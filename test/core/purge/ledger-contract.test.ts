import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { ledgerContract } from "../../support/ledger-contract.ts";

ledgerContract("memoryLedger()", () => ({ ledger: memoryLedger() }), { runs: 300 });
