-- Sends ready-made requests from a file, one after the other, and counts what is not answered with 200.
-- Each is sent once, since its serial is used up by that; to the echo, which has no serials, again and again.
local requests, at, again = {}, 0, false

function init(args)
  again = args[2] == "again"
  local source = assert(io.open(args[1], "rb"))
  while true do
    local head = source:read(4)
    if not head then break end
    local a, b, c, d = head:byte(1, 4)
    requests[#requests + 1] = source:read(((a * 256 + b) * 256 + c) * 256 + d)
  end
  source:close()
end

function request()
  at = at + 1
  if at > #requests then
    if not again then
      wrk.thread:stop()
      return requests[#requests]
    end
    at = 1
  end
  return requests[at]
end

function done(summary, latency)
  local refused = summary.errors.status + summary.errors.read + summary.errors.write
    + summary.errors.timeout + summary.errors.connect
  io.write(string.format('{"rps": %.1f, "p50": %.3f, "p99": %.3f, "requests": %d, "refused": %d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.requests, refused))
end
