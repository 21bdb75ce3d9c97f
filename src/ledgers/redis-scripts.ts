/**
 * What both scripts begin with. Everything that could fail is read before anything is written, so that a script is
 * carried out in full or not at all.
 *
 * KEYS: head, hard, soft, times, operators, traffic. ARGV: an epoch to take if one is needed, and "1" if the server keeps
 * what it has acknowledged whatever becomes of it.
 *
 * The head counts the rows of the two sorted sets. A ledger whose head is gone, whose rows are not as many as were
 * counted, or which was last written by another life of a server that may lose things, is not the ledger that readers
 * know: it takes a new epoch, under which nothing stored before is valid. Positions go on from where they were, for the log.
 */
const OPEN = `
local HEAD, HARD, SOFT, TIMES, OPERATORS, TRAFFIC = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local function text(number) return string.format('%.0f', number) end
local function told(section, name)
  local info = redis.pcall('INFO', section)
  return type(info) == 'string' and string.match(info, name .. ':(%w+)') or ''
end
local instance = told('server', 'run_id') .. '-' .. told('replication', 'master_replid')
local survives = ARGV[2] == '1'
if not survives and instance == '-' then
  return redis.error_reply('UNSURE the server does not tell scripts which run of it this is')
end
local head = redis.call('HMGET', HEAD, 'epoch', 'position', 'floor', 'hards', 'softs', 'size', 'unfoldable', 'instance')
local hards, softs = redis.call('ZCARD', HARD), redis.call('ZCARD', SOFT)
redis.call('ZCARD', TIMES)
local logged = 0
for _, log in ipairs({ OPERATORS, TRAFFIC }) do
  logged = math.max(logged, tonumber(redis.call('ZREVRANGE', log, 0, 0, 'WITHSCORES')[2] or 0))
end
local epoch, position, floor = head[1], tonumber(head[2]), tonumber(head[3])
local size, unfoldable = tonumber(head[6]), tonumber(head[7])
local function isWhole()
  return epoch and position and floor and size and unfoldable and position >= logged
    and tonumber(head[4]) == hards and tonumber(head[5]) == softs
    and (survives or head[8] == instance)
end
local function save()
  redis.call('HSET', HEAD, 'epoch', epoch, 'position', text(position), 'floor', text(floor),
    'hards', redis.call('ZCARD', HARD), 'softs', redis.call('ZCARD', SOFT),
    'size', text(size), 'unfoldable', text(unfoldable), 'instance', instance)
end
local function begin(least)
  epoch, position, floor, size, unfoldable = ARGV[1], math.max(position or 0, logged, least), 0, 0, 0
  redis.call('DEL', HEAD)
  redis.call('UNLINK', HARD, SOFT, TIMES)
end
`;

/**
 * The purges after a point. ARGV: the point's epoch and position, empty without one.
 *
 * A point that is ahead proves that the server has lost what it had acknowledged: a new epoch.
 */
export const SINCE_SCRIPT: string = `${OPEN}
local from = ARGV[3] == epoch and tonumber(ARGV[4]) or nil
if not isWhole() or (from and from > position) then
  begin(from or 0)
  save()
  from = nil
end
if from and from < floor then from = nil end
local function changes(key)
  return redis.call('ZRANGEBYSCORE', key, from and '(' .. text(from) or '-inf', '+inf', 'WITHSCORES')
end
return { epoch, text(position), text(floor), from and text(from) or false, changes(HARD), changes(SOFT) }
`;

/**
 * Characters of selectors that a ledger holds, so that a reader can always take in the whole of it in one answer: a
 * short one counts as long as a row is costly, so there are at most 100,000. Urls may take all of it, before the fullest
 * buckets take their place; what no bucket covers takes three quarters, before the oldest half is forgotten.
 */
const LIMITS = `
local MOST, LEAST_SIZE = 8000000, 80
local MOST_UNFOLDABLE = MOST * 3 / 4
local function sizeOf(selector) return math.max(#selector, LEAST_SIZE) end
local function bucketOf(selector)
  return #selector == 32 and string.find(selector, '^url:[0-9a-z]+$') and 'bucket:' .. string.sub(selector, -2) or nil
end
local function isUnfoldable(selector)
  return not bucketOf(selector) and string.sub(selector, 1, 7) ~= 'bucket:'
end
local function tally(selector, sign)
  size = size + sign * sizeOf(selector)
  if isUnfoldable(selector) then unfoldable = unfoldable + sign * sizeOf(selector) end
end
local function raise(key, selector, to)
  if redis.call('ZADD', key, 'GT', text(to), selector) == 1 then tally(selector, 1) end
end
local function eachRow(run)
  for _, key in ipairs({ HARD, SOFT }) do
    local rows = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #rows, 2 do run(key, rows[i], tonumber(rows[i + 1])) end
  end
end
local function forget(upTo)
  for _, key in ipairs({ HARD, SOFT }) do
    local rows = redis.call('ZRANGEBYSCORE', key, '-inf', text(upTo), 'WITHSCORES')
    for i = 1, #rows, 2 do
      tally(rows[i], -1)
      floor = math.max(floor, tonumber(rows[i + 1]))
    end
    redis.call('ZREMRANGEBYSCORE', key, '-inf', text(upTo))
  end
end
local function forgetHalf()
  local rows = {}
  eachRow(function(_, selector, last)
    if isUnfoldable(selector) then rows[#rows + 1] = { last, sizeOf(selector) } end
  end)
  table.sort(rows, function(one, other) return one[1] > other[1] end)
  local kept, upTo = 0, 0
  for _, row in ipairs(rows) do
    kept = kept + row[2]
    if kept > MOST_UNFOLDABLE / 2 then upTo = math.max(upTo, row[1]) end
  end
  forget(upTo)
end
local function fold()
  local sizes, fullest, chosen = {}, {}, {}
  eachRow(function(_, selector)
    local bucket = bucketOf(selector)
    if bucket and not sizes[bucket] then
      sizes[bucket] = 0
      fullest[#fullest + 1] = bucket
    end
    if bucket then sizes[bucket] = sizes[bucket] + sizeOf(selector) end
  end)
  table.sort(fullest, function(one, other) return sizes[one] > sizes[other] end)
  local wanted = size - MOST * 15 / 16
  for _, bucket in ipairs(fullest) do
    if wanted <= 0 then break end
    chosen[bucket] = true
    wanted = wanted - sizes[bucket] + LEAST_SIZE
  end
  eachRow(function(key, selector, last)
    local bucket = bucketOf(selector)
    if bucket and chosen[bucket] then
      raise(key, bucket, last)
      redis.call('ZREM', key, selector)
      tally(selector, -1)
    end
  end)
end
`;

/**
 * Carries out a purge. KEYS: also the idempotency key's, if the order has one. ARGV: the retention in milliseconds, the
 * channel, the mode, the log's key among KEYS, the log's length, the order as a JSON object for listeners (empty = too
 * long for them) and for the log, the order's digest, how long its key is remembered in milliseconds, the selectors.
 *
 * A replay writes too, so that there is something for replicas to acknowledge.
 */
export const PURGE_SCRIPT: string = `${OPEN}${LIMITS}
local known = KEYS[7] and redis.call('GET', KEYS[7])
if not isWhole() then begin(0) end
if known then
  local of, at, named, digest = string.match(known, '^(%S+) (%d+) (%d+) (%S+)$')
  if of == epoch then
    if digest ~= ARGV[10] then return { 'conflict' } end
    redis.call('HINCRBY', HEAD, 'replays', 1)
    return { 'replay', epoch, at, named }
  end
end
local keep, now = tonumber(ARGV[3]), redis.call('TIME')
now = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
position = position + 1
local raised, named = ARGV[5] == 'hard' and HARD or SOFT, #ARGV - 11
for i = 12, #ARGV do raise(raised, ARGV[i], position) end
local over = redis.call('ZREVRANGEBYSCORE', TIMES, text(now - keep), '-inf', 'LIMIT', 0, 1)[1]
if over then
  forget(tonumber(over))
  redis.call('ZREMRANGEBYSCORE', TIMES, '-inf', text(now - keep))
end
local last = redis.call('ZREVRANGE', TIMES, 0, 0, 'WITHSCORES')[2]
if not last or tonumber(last) + keep / 32 <= now then redis.call('ZADD', TIMES, text(now), text(position)) end
if unfoldable > MOST_UNFOLDABLE then forgetHalf() end
if size > MOST then fold() end
save()
local stamp = '{"position":' .. text(position) .. ',"orderedAt":' .. text(now) .. ','
local log = KEYS[tonumber(ARGV[6])]
redis.call('ZADD', log, text(position), stamp .. string.sub(ARGV[9], 2))
redis.call('ZREMRANGEBYRANK', log, 0, -(tonumber(ARGV[7]) + 1))
if KEYS[7] then
  redis.call('SET', KEYS[7], epoch .. ' ' .. text(position) .. ' ' .. named .. ' ' .. ARGV[10], 'PX', ARGV[11])
end
if ARGV[8] ~= '' then
  redis.pcall('PUBLISH', ARGV[4], '{"epoch":"' .. epoch .. '","position":' .. text(position) .. ',' .. string.sub(ARGV[8], 2))
end
return { 'purged', epoch, text(position), text(named) }
`;
