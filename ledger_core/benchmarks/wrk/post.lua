-- Posts for any of OWNERS owners, each request with a nonce of its own, and ITEMS of them in a batch where there are more.
dofile("ledger_core/benchmarks/wrk/common.lua")
local run, count = tostring(math.random(2 ^ 31)) .. "-" .. tostring(math.random(2 ^ 31)) .. "-", 0

local function item()
  count = count + 1
  return '{"operation": "CREDIT_ADD", "owner_id": "' .. prefix .. "-" .. math.random(owners)
    .. '", "nonce": "' .. run .. count .. '"}'
end

function request()
  if items == 1 then return wrk.format("POST", "/api/v1/content/ledger", headers, item()) end
  local batch = {}
  for number = 1, items do batch[number] = item() end
  return wrk.format("POST", "/api/v1/content/ledger/batch", headers, '{"entries": [' .. table.concat(batch, ", ") .. "]}")
end
