export type { Clock, Instant, Random, Seconds } from "./clock.ts";
export { systemClock, systemRandom } from "./clock.ts";
export { DeadlineError, withDeadline } from "./deadline.ts";
export { toBytes, toSeconds, type ByteSize, type Duration } from "./duration.ts";
export { cannot } from "./errors.ts";
export { report, type CacheEvent, type FillDrop, type OnEvent, type StoreOperation } from "./events.ts";
export { fitKey, joinKey, keySpace, resourceKey, type KeySpace } from "./key.ts";
export { singleFlight, type FlightOptions, type SingleFlight } from "./singleflight.ts";
export { isMark, type Entry, type Mark, type Store, type Write } from "./store.ts";

export { currentAge } from "./http/age.ts";
export { assemble } from "./http/assemble.ts";
export { byteAnswer, singleContentRange, type ByteAnswer } from "./http/byte-answer.ts";
export { multipartBody } from "./http/multipart.ts";
export { mayCombine } from "./http/parts.ts";
export { isStrongTag, readRange, type ByteRange } from "./http/range.ts";
export { appendCacheStatus, type CacheStatus } from "./http/cache-status.ts";
export { responseDirectives, type ResponseDirectives } from "./http/cache-control.ts";
export { requestDirectives, type RequestDirectives } from "./http/request-directives.ts";
export {
  CONDITIONAL_FIELDS,
  isNotModified,
  notModifiedFields,
  validationFields,
  validatorsOf,
} from "./http/conditional.ts";
export { formatHttpDate, parseHttpDate } from "./http/date.ts";
export { decideRequest } from "./http/decide-request.ts";
export type { Decision, ForwardReason, Miss, MissReason } from "./http/decision.ts";
export { decideResponse, type RefusalReason, type StoreDecision } from "./http/decide-response.ts";
export {
  endToEndFields,
  fieldReader,
  isToken,
  receivedFields,
  withoutFields,
  type FieldReader,
  type Fields,
} from "./http/fields.ts";
export { initialAge } from "./http/freshness.ts";
export { isSafeMethod, type RequestFacts, type ResponseFacts } from "./http/message.ts";
export { ownPolicy, targetedPolicy, type CachePolicy, type PolicyReader } from "./http/policy.ts";
export { cacheRules, plainRules, type CacheRules } from "./http/rules.ts";
export { readStoredFacts, type StoredFacts } from "./http/stored.ts";
export {
  EXACT_QUERY,
  formatNoVarySearch,
  isEquivalentQuery,
  parseNoVarySearch,
  searchKey,
} from "./http/no-vary-search.ts";
export type { NoVarySearch } from "./http/no-vary-search.ts";
export { normaliseQuery, type QueryOptions } from "./http/query.ts";
export { resourceOf, type ResourceOptions } from "./http/resource.ts";
export { looseSelecting, strictSelecting } from "./http/selecting.ts";
export { exactSelecting, renominate, type Nominated, type Selecting } from "./http/vary.ts";
export { canonicalField } from "./http/negotiation.ts";
export { decideHead, decideValidation, isServerFailure, type Validation } from "./http/update.ts";

export { broadLabelsOf, groupInvalidations, labelsOf, type LabelOptions } from "./responses/labels.ts";
export { responsePeek, type KeyedResource, type Peeked } from "./responses/peek.ts";
export { variantKey, variantKeyStart } from "./responses/slot.ts";
export { withAliases } from "./responses/aliases.ts";
export type { PeekingStore } from "./responses/aliases.ts";
export { responseStore } from "./responses/response-store.ts";
export type { Lookup, ResponseStore, StoredResponse } from "./responses/response-store.ts";

export { readLogged } from "./ledgers/logged.ts";
export { redisLedger } from "./ledgers/redis-ledger.ts";
export type { RedisLedger, RedisLedgerOptions } from "./ledgers/redis-ledger.ts";
export { redisCommands, redisSubscriber } from "./redis.ts";
export type { RedisArgument, RedisClient, RedisCommands, RedisSubscriber } from "./redis.ts";

export { chooseStore } from "./stores/choose.ts";
export type { Atomic, SharedBy, StoreAdvice, StoreNeeds, StorePlatform } from "./stores/choose.ts";
export { dummyStore } from "./stores/dummy.ts";
export { decodeEntry, encodeEntry } from "./stores/frame.ts";
export { gather } from "./stores/gather.ts";
export { escapeGlob, globMatcher } from "./stores/glob.ts";
export { memcachedStore, type MemcachedClient, type MemcachedStoreOptions } from "./stores/memcached.ts";
export { memoryStore, type MemoryStore, type MemoryStoreOptions } from "./stores/memory.ts";
export { redisRestStore, type RedisRestStoreOptions } from "./stores/redis/redis-rest-store.ts";
export { redisStore, type RedisStoreOptions } from "./stores/redis/redis-store.ts";
export { redisRest, type RedisRestOptions, type RestFetch } from "./stores/redis/rest.ts";
export type { RedisStoreSettings } from "./stores/redis/settings.ts";
export type { SqlClient, SqlDatabase, SqlRow, SqlValue } from "./stores/sql/database.ts";
export { sqlStore, type SqlStoreOptions } from "./stores/sql/sql-store.ts";
export { tieredStore, type Found, type Tier, type TieredStore } from "./stores/tiered.ts";
export { unstorageStore } from "./stores/unstorage.ts";
export type { UnstorageLike, UnstorageStore, UnstorageStoreOptions } from "./stores/unstorage.ts";
export type { WideStore } from "./stores/wide.ts";

export { standing, type Standing } from "./purge/check.ts";
export {
  idempotencyConflict,
  KEY_LIFE_MS,
  logged,
  loggedSelectors,
  MOST_KEYS,
  orderName,
} from "./purge/journal.ts";
export { EVERYTHING, IdempotencyConflict } from "./purge/ledger.ts";
export type {
  Ledger,
  LedgerDelta,
  LedgerPoint,
  LoggedPurge,
  PurgeMode,
  PurgeOrder,
  PurgeReceipt,
  Selector,
  Snapshot,
  Tide,
} from "./purge/ledger.ts";
export { applyDelta } from "./purge/snapshot.ts";
export { deltaOf, deltaSince, isCovered } from "./purge/state.ts";
export { formatToken, isEpoch, MARK_FIELD, parseToken, TOKEN_FIELD } from "./purge/token.ts";
export type { Consistency } from "./purge/consistency.ts";
export { ledgerView, type LedgerView, type LedgerViewOptions, type ReadOptions } from "./purge/view.ts";
export { memoryLedger } from "./purge/memory-ledger.ts";
export { urlSelectors } from "./purge/any-query.ts";
export {
  compilePatterns,
  isPattern,
  MAX_PATTERN_LENGTH,
  MAX_PATTERNS,
  patternPrefix,
  patternSelector,
} from "./purge/patterns.ts";
export { patternTide } from "./purge/pattern-tide.ts";
export { parseDelta } from "./purge/wire.ts";
export { isTag, parseTags, TAG_RULE, tagSelector } from "./purge/tags.ts";
export {
  bucketOf,
  groupSelector,
  hostSelector,
  prefixSelector,
  readAuthority,
  urlLabels,
  urlName,
  urlSelector,
} from "./purge/selectors.ts";

export { createCache } from "./values/cache.ts";
export type { Cache, GetOptions, NamespaceOptions } from "./values/cache-types.ts";
export type { Bus } from "./values/bus.ts";
export { broadcastBus } from "./buses/broadcast-bus.ts";
export { redisBus, type RedisBusOptions } from "./buses/redis-bus.ts";
export type { ValueDrop, ValueEvent } from "./values/events.ts";
export type { CacheKey, KeyPart } from "./values/keys.ts";
export type { Lock } from "./values/lock.ts";
export type {
  CacheOptions,
  GetOrSetOptions,
  Keeping,
  LockOptions,
  Producer,
  ProducerContext,
  SetOptions,
  ValueTier,
} from "./values/options.ts";
export { UnstorableError } from "./values/plain.ts";
export type { PurgeOptions, PurgeTarget } from "./values/purges.ts";
export type { Schema } from "./values/schema.ts";
export { plainSerializer, type Serializer } from "./values/serializer.ts";
export type { WarmItem, WarmProgress, WarmResult } from "./values/warm.ts";
export type { Wrapped, WrapOptions } from "./values/wrap.ts";

export { breaker, BreakerError, type BreakerOptions, type BreakerState } from "./layers/breaker.ts";
export type { Codec } from "./layers/codec.ts";
export { compressed, gzipCodec, type Compressed, type CompressedOptions } from "./layers/compressed.ts";
export { zstdCodec } from "./layers/zstd.ts";
export { metrics, type Meter, type Metrics, type MetricsOptions } from "./layers/metered.ts";
export { timed } from "./layers/timed.ts";
export { writeBehind } from "./layers/write-behind.ts";
export type { WriteBehindEvent, WriteBehindOptions, WriteBehindStore } from "./layers/write-behind.ts";
