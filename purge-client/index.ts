export { purgeClient, type PurgeClient, type PurgeClientOptions } from "./client.ts";
export { PurgeError } from "./error.ts";
export type {
  LoggedPurge,
  PurgeLog,
  PurgeNote,
  PurgeOptions,
  PurgeReceipt,
  PurgeRehearsal,
  PurgeSelection,
} from "./shapes.ts";
