-- Posts for any of OWNERS owners, or for one after the other with IN_TURN=1, each request with a nonce of its own. A single
-- post has a reference and metadata; the items of a batch, ITEMS of them where there are more than one, have none.
dofile("ledger_project/benchmarks/wrk/common.lua")
local run, count = tostring(math.random(2 ^ 31)) .. "-" .. tostring(math.random(2 ^ 31)) .. "-", 0

local in_turn = os.getenv("IN_TURN")
local more = items == 1 and ', "reference": "order-%d", "metadata": {"campaign": "autumn", "channel": "web"}' or ""

local function item()
  count = count + 1
  local owner = in_turn and count % owners + 1 or math.random(owners)
  return '{"operation": "CREDIT_ADD", "owner_id": "' .. prefix .. "-" .. owner
    .. '", "nonce": "' .. run .. count .. '"' .. more:format(count) .. "}"
end

function request()
  if items == 1 then return wrk.format("POST", "/api/v1/content/ledger", headers, item()) end
  local batch = {}
  for number = 1, items do batch[number] = item() end
  return wrk.format("POST", "/api/v1/content/batches", headers, '{"entries": [' .. table.concat(batch, ", ") .. "]}")
end
