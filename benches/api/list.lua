-- wrk asks for the addresses of a file (its first argument), one a line, each thread from a place of its own, and says
-- in one line of JSON what came of it; latencies are microseconds.
local addresses, threads = {}, {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(args[1]) do
    addresses[#addresses + 1] = wrk.format("GET", line)
  end
  at = number * math.floor(#addresses / 4)
end

function request()
  at = at % #addresses + 1
  return addresses[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "bytes": %d, "failed": %d, "p50": %.1f, "p90": %.1f, "p99": %.1f, "longest": %.1f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max
  ))
end
