-- What the scripts share: their options, from the environment, and what they print at the end.
local option = function(name, default) return tonumber(os.getenv(name)) or default end

headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. os.getenv("KEY")}
prefix = os.getenv("PREFIX") or "owner"
owners = option("OWNERS", 1)
items = option("ITEMS", 1)
-- The mean time in milliseconds that a connection waits between two requests, for a load below the maximum.
local think = option("THINK", 0)
if think > 0 then
  function delay() return math.floor(-think * math.log(1 - math.random())) end
end

math.randomseed(os.time() * 1000 + math.floor(os.clock() * 1000000))

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"rate": %f, "p50": %f, "p99": %f, "requests": %d, "errors": %d}',
    summary.requests / summary.duration * 1000000, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
