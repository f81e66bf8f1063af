// What judge, settle and penalize of policy/throttle.ts do, for Redis and Valkey: one script, which runs there as a whole
// or not at all, so that no two hosts count the same room twice. The numbers are throttle.ts's own; that it decides alike
// is tested, login by login. Knows Lua, and keys as they are given; times are those of the server it runs at.

import { MOST_TAGS, SECONDS, SLOWEST, SUMS } from "../policy/throttle.ts";

/** KEYS: of the network, the wider one and, where a user is known, the user and the pair. ARGV: what to do, and with what. */
export const SCRIPT = `
local limits = cjson.decode(ARGV[1])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local names = {"network", "wider", "user"}
local has_user = #KEYS > 2

local sums = {}
for i, name in ipairs(names) do sums[name] = KEYS[i] and tonumber(redis.call("GET", KEYS[i]) or "0") or 0 end
local pair = has_user and redis.call("GET", KEYS[4])
pair = pair and cjson.decode(pair) or {pair = 0, own = 0, known = 0, tags = {}}
sums.pair, sums.own = pair.pair, pair.own

local function level(name) return math.min(limits[name].most * 1000, math.max(0, sums[name] - now)) end
local function add(name, seconds)
  sums[name] = now + math.min(limits[name].most * 1000, math.max(0, level(name) + seconds * 1000))
end
local function charge(charged, times) for _, name in ipairs(charged) do add(name, times * limits[name].cost) end end
local function wait(name) return math.max(0, level(name) + (limits[name].cost - limits[name].limit) * 1000) end

local function put(key, value, expires)
  if expires > now then redis.call("SET", key, value, "PX", math.ceil(expires - now)) else redis.call("DEL", key) end
end
local function keep()
  for i, name in ipairs(names) do
    if KEYS[i] then put(KEYS[i], string.format("%.0f", sums[name]), sums[name]) end
  end
  if not has_user then return end
  local expires = math.max(sums.pair, sums.own, pair.known)
  for _, known in ipairs(pair.tags) do expires = math.max(expires, known.at + limits.remembered * 1000) end
  pair.pair, pair.own = sums.pair, sums.own
  put(KEYS[4], cjson.encode(pair), expires)
end

local function split(text)
  local words = {}
  for word in string.gmatch(text, "%S+") do words[#words + 1] = word end
  return words
end
local tag = tonumber(ARGV[3])
local function fresh(without)
  local tags = {}
  for _, known in ipairs(pair.tags) do
    if now - known.at < limits.remembered * 1000 and known.tag ~= without then tags[#tags + 1] = known end
  end
  return tags
end
local function has_tag()
  for _, known in ipairs(fresh(nil)) do if known.tag == tag then return true end end
  return false
end

if ARGV[2] == "penalize" then
  add("network", tonumber(ARGV[4]))
  put(KEYS[1], string.format("%.0f", sums.network), sums.network)
  return {}
end

if ARGV[2] == "ask" then
  local is_known = has_user and pair.known > now
  local is_spent = has_user and wait("pair") > 0
  local is_repeat = tag ~= nil and has_tag()
  local left = is_known and wait("own") or wait("network")
  if is_spent and not is_known then left = math.max(left, wait("user")) end
  if left > 0 then
    for _, name in ipairs({"network", "wider", "user", "pair", "own"}) do add(name, 0) end
    keep()
    return {"later", string.format("%.0f", math.ceil(left))}
  end
  local over = level("wider") / 1000 - limits.wider.free
  local delay = 0
  if over > 0 and not is_known then delay = math.ceil(limits.slowest * over / (limits.wider.most - limits.wider.free)) end
  local charged = {}
  if not is_repeat then
    if not has_user then charged = {"network", "wider"}
    elseif is_known then charged = {"own", "network"}
    else charged = {"network", is_spent and "user" or "pair", "wider"} end
  end
  charge(charged, 1)
  keep()
  return {is_repeat and "repeat" or "try", string.format("%.0f", delay), table.concat(charged, " ")}
end

local charged = split(ARGV[5])
if ARGV[4] ~= "refused" then
  charge(charged, -1)
  if ARGV[4] == "accepted" and has_user then
    pair.known = now + limits.known * 1000
    local tags = {}
    for _, known in ipairs(pair.tags) do if known.tag ~= tag then tags[#tags + 1] = known end end
    pair.tags = tags
  end
elseif tag ~= nil and has_user then
  if has_tag() then charge(charged, -1) end
  local tags = {{tag = tag, at = now}}
  for _, known in ipairs(fresh(tag)) do if #tags < limits.most_tags then tags[#tags + 1] = known end end
  pair.tags = tags
end
keep()
return {}
`;

/** What of the numbers the script needs. */
export const LIMITS = JSON.stringify({
  ...SUMS,
  wider: { ...SUMS.wider, limit: 0 },
  ...{ slowest: SLOWEST, known: SECONDS.known, remembered: SECONDS.remembered, most_tags: MOST_TAGS },
});
