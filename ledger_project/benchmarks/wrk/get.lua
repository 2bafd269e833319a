-- Reads the balance of any of OWNERS owners.
dofile("ledger_project/benchmarks/wrk/common.lua")

function request()
  return wrk.format("GET", "/api/v1/content/ledger/" .. prefix .. "-" .. math.random(owners), headers)
end
