-- Charges one request and its cost, both or neither, by the generic cell rate algorithm.
-- KEYS[1]: the budgets of one payer, a hash of the instants at which each will be full again.
-- ARGV: for requests, then for cost: microseconds that one unit takes to come back, the burst, the
-- units to take. Instants are in microseconds of Redis's own clock.
-- Gives: refused policy (0 none, 1 requests, 2 cost), requests left, cost left, microseconds to wait.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local function budget(field, interval, burst, amount)
  local window = interval * burst
  local full = tonumber(redis.call('HGET', KEYS[1], field) or '')
  -- Nothing that this script wrote lies outside: anything else is no budget.
  if full == nil or full ~= full or full < now or full > now + window then full = now end
  local after = full + interval * amount
  local wait = after - window - now
  local left = full
  if wait <= 0 then left = after end
  return after, wait, math.max(0, math.floor((window - (left - now)) / interval))
end

local n = {}
for i = 1, 6 do n[i] = tonumber(ARGV[i]) end
local requests, requests_wait, requests_left = budget('requests', n[1], n[2], n[3])
local cost, cost_wait, cost_left = budget('cost', n[4], n[5], n[6])
if requests_wait > 0 then return { 1, requests_left, cost_left, requests_wait } end
if cost_wait > 0 then return { 2, requests_left, cost_left, cost_wait } end
redis.call('HSET', KEYS[1], 'requests', string.format('%.0f', requests), 'cost', string.format('%.0f', cost))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(n[1] * n[2], n[4] * n[5]) / 1000) + 1000)
return { 0, requests_left, cost_left, 0 }
