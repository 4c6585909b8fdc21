/*
 * Each step that must not be torn apart is one script. A stream has two keys: a Redis stream whose entries are numbered
 * `<seq>-0`, and a hash with its epoch and its head. ARGV 1 to 4 are the same for each script on a stream: an epoch to
 * take if a new one is needed, ms to keep both keys after the last use (0 for ever), and the epoch and the head that the
 * node has seen.
 */

/** Leaves `epoch` and `head`. A head below what a node has seen means that the store went back in time. */
const PLACE = `
local found = redis.call('HMGET', KEYS[2], 'epoch', 'head')
local epoch, head = found[1], tonumber(found[2] or '0')
if not epoch then
  redis.call('DEL', KEYS[1])
  epoch, head = ARGV[1], 0
  redis.call('HSET', KEYS[2], 'epoch', epoch, 'head', '0')
elseif epoch == ARGV[3] and head < tonumber(ARGV[4]) then
  epoch = ARGV[1]
  redis.call('HSET', KEYS[2], 'epoch', epoch)
end
`;

/** After what adds data: a script that has written already is not refused by a Redis whose memory is full. */
const KEEP = `
local keep = tonumber(ARGV[2])
if keep > 0 then redis.call('PEXPIRE', KEYS[2], keep) end
`;

/**
 * KEYS: stream, place, answer. ARGV 5: text, 6: most messages, 7: ms to keep a message (0 for ever), 8: where it is
 * told, 9: the answer to remember, 10: ms to remember it.
 */
const APPEND = `
local known = redis.call('GET', KEYS[3])
if known and string.sub(known, 1, 1) == 'a' then
  local place = redis.call('HMGET', KEYS[2], 'epoch', 'head')
  return { place[1] or '', place[2] or '0', string.sub(known, 2) }
end
${PLACE}
head = head + 1
local seq = string.format('%.0f', head)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local age = tonumber(ARGV[7])
redis.call('HSET', KEYS[2], 'head', seq)
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[6], seq .. '-0', 'd', ARGV[5], 't', string.format('%.0f', now))
if age > 0 then
  redis.call('PEXPIRE', KEYS[1], age)
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 8)) do
    if tonumber(entry[2][4]) >= now - age then break end
    redis.call('XDEL', KEYS[1], entry[1])
  end
end
redis.call('SET', KEYS[3], 'a' .. ARGV[9], 'PX', ARGV[10])
${KEEP}
redis.call('PUBLISH', ARGV[8], epoch .. ' ' .. seq .. ' ' .. ARGV[5])
return { epoch, seq }
`;

/**
 * KEYS: stream, place. ARGV 5: the cursor's number, empty for the head, 6: its epoch or empty, 7: most messages,
 * 8: most bytes. Yields epoch, from, head, gone, and then each number and text.
 */
const READ = `
${PLACE}
${KEEP}
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
local floor = oldest[1] and tonumber(string.match(oldest[1][1], '%d+')) - 1 or head
local from, gone = head, 0
if ARGV[5] ~= '' then
  local wanted = tonumber(ARGV[5])
  if wanted > head or (ARGV[6] ~= '' and ARGV[6] ~= epoch) then
    from, gone = floor, 1
  elseif wanted < floor then
    from, gone = floor, 1
  else
    from = wanted
  end
end
local slice = { epoch, string.format('%.0f', from), string.format('%.0f', head), tostring(gone) }
local count, bytes = tonumber(ARGV[7]), tonumber(ARGV[8])
if count > 0 and from < head then
  local after = '(' .. string.format('%.0f', from) .. '-0'
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', count)) do
    bytes = bytes - #entry[2][2]
    if bytes < 0 and #slice > 4 then break end
    slice[#slice + 1] = string.match(entry[1], '%d+')
    slice[#slice + 1] = entry[2][2]
  end
end
return slice
`;

/** KEYS: answer. ARGV 1: this node, 2: ms to keep it, 3: a node that is dead, or empty. */
const CLAIM = `
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, 1) == 'a' then return { 'answered', string.sub(held, 2) } end
if held and held ~= 'c' .. ARGV[3] then return { 'held', string.sub(held, 2) } end
redis.call('SET', KEYS[1], 'c' .. ARGV[1], 'PX', ARGV[2])
return { held and 'again' or 'mine' }
`;

/** KEYS: answer. ARGV 1: the answer, 2: ms to keep it. The first answer stays. */
const SETTLE = `
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, 1) == 'a' then return 0 end
redis.call('SET', KEYS[1], 'a' .. ARGV[1], 'PX', ARGV[2])
return 1
`;

/** KEYS: answer. ARGV 1: this node. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`;

/**
 * KEYS: seat. ARGV 1: the number of the connection, 2: this node, 3: ms to keep it, 4: what held the seat and is no more,
 * or empty. Yields who holds it, if that is another node; else it is taken.
 */
const SIT = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[4] then
  local conn, node = string.match(held, '^(%d+) (.+)$')
  if node ~= ARGV[2] then return { held } end
  if tonumber(conn) > tonumber(ARGV[1]) then return {} end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return {}
`;

/** KEYS: seat. ARGV 1: the number of the connection, 2: this node. */
const LEAVE = `
if redis.call('GET', KEYS[1]) == ARGV[1] .. ' ' .. ARGV[2] then redis.call('DEL', KEYS[1]) end
return 0
`;

export type ScriptName = 'append' | 'read' | 'claim' | 'settle' | 'release' | 'sit' | 'leave';

export const scripts: Readonly<Record<ScriptName, string>> = {
  append: APPEND,
  read: READ,
  claim: CLAIM,
  settle: SETTLE,
  release: RELEASE,
  sit: SIT,
  leave: LEAVE,
};
